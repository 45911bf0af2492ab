// Package desk is the pages by which a colleague's word explains why a file is opened: visits at the reception, codes
// that persons read out, covers, turns at the duty desk, transfers of caseloads, break-glass and its confirmation.
//
// It promises that nobody explains a file to themselves here: each act names who asks and who says yes, and the stages
// access/explanation and access/directory decide.
package desk
