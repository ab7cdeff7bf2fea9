// Package report shows a diagnosis: as the result file (JSON), as terminal text and as a page of HTML. It holds every
// form of the one result and nothing else: it measures nothing, judges nothing and reads no model. Whatever a form
// prints is a view of finding.Diagnosis; each form escapes for itself, because names come from files of strangers.
package report
