package dataset

// A Kind is what a network is asked to do.
type Kind string

// The kinds of tasks.
const (
	Classification Kind = "classification"
	MultiLabel     Kind = "multi-label"
	Regression     Kind = "regression"
	Segmentation   Kind = "segmentation" // a label a position: pixels or tokens
	LanguageModel  Kind = "language-model"
	NoTask         Kind = "none"
)

// Kinds lists all kinds of tasks.
func Kinds() []Kind {
	return []Kind{Classification, MultiLabel, Regression, Segmentation, LanguageModel, NoTask}
}

// A Task is what the labels say the network should do.
type Task struct {
	Kind    Kind
	Classes []string // names by label; for MultiLabel and Regression of the columns
}

// A Group is an attribute of the samples: site, sex, camera.
type Group struct {
	Name       string
	Categories []string
	Values     []int32 // by sample, an index into Categories; -1 unknown
}
