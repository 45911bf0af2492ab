// Package web is what all pages of the console stand on: the router and its tables, the viewer, pages and forms, acts
// with their passkey, the language, the layout with its menu, refusals in words.
//
// It promises six things:
//
//   - every page is whole without JavaScript. The one thing that needs it is the gesture of the passkey, which no
//     browser offers otherwise; static/passkey.js does that and nothing else. No script and no style stands in a page
//     (Content-Security-Policy);
//   - a page and its JSON say the same facts: one view is read by the template and by the encoder;
//   - nothing is done by a click alone. Each act is a line of a part's table: who may, about what, in which words, and
//     what it does. Its subject is fixed before the passkey is asked, said in the reader's language, signed, and then
//     that very subject is done;
//   - a form that was filled in wrongly comes back as it was typed. Each form is a line of a part's table too;
//   - what a viewer may not know of is not found, in the same words and by the same way as what does not exist;
//   - a part is data (Part): the router, the menu and the table of rights read the same lines.
//
// Read pages.go for parts and routes, viewer.go for who sees what, acts.go for who does what, form_schema.go for forms.
package web
