// Package culprit measures how often the diagnosis names the layer that was damaged: small networks of five
// architectures are trained, one layer of each is damaged in ways that are known, and the suspects are held
// against it. Beside its generated page (docs/culprit.md) it is for tests.
package culprit
