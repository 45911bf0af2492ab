// Package console is Cloison for people: the doors where they prove who they are, and the pages where managers,
// approvers, officers and advisers see what waits for them and do it.
//
// It promises six things:
//
//   - every page is whole without JavaScript. The one thing that needs it is the gesture of the passkey, which no
//     browser offers otherwise; static/passkey.js does that and nothing else. No script and no style stands in a page
//     (Content-Security-Policy);
//   - a page and its JSON say the same facts: one view is read by the template and by the encoder;
//   - nothing is done by a click alone. Each act is a line of one table (acts.go): who may, about what, in which words,
//     and what it does. Its subject is fixed before the passkey is asked, said in the reader's language, signed, and
//     then that very subject is done;
//   - a form that was filled in wrongly comes back as it was typed. Each form is a line of one table too (forms.go);
//   - what a viewer may not know of is not found, in the same words and by the same way as what does not exist;
//   - persons (usagers) are shown in two places alone, the exported roll and the proof of one row, and both are written
//     into the journal.
//
// Read console.go for the routes, viewer.go for who sees what, acts.go for who does what; then one noun a file.
package console
