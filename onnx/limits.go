package onnx

// Limits bound what a file may ask for. A field that is zero has the default named with it.
type Limits struct {
	FileBytes     int64 // of the model's file, or of the bytes parsed: 2 GiB, which protobuf allows at most
	ExtraBytes    int64 // memory beyond the file's bytes for what it describes: 64 MiB
	ExternalBytes int64 // of data beside the file, all tensors together: 1 TiB
	MappedFrom    int64 // data beside the file, all tensors together, that is mapped instead of read: 2 GiB. Cut short meanwhile, it ends the program
	Nodes         int   // in all graphs and functions together, and again with functions expanded: 1,000,000
	Depth         int   // of graphs within graphs, types within types, functions calling functions: 32
	Rank          int   // of a tensor or shape: 32
}

func (l Limits) withDefaults() Limits {
	set(&l.FileBytes, 1<<31-1)
	set(&l.ExtraBytes, 64<<20)
	set(&l.ExternalBytes, 1<<40)
	set(&l.MappedFrom, 1<<31)
	set(&l.Nodes, 1_000_000)
	set(&l.Depth, 32)
	set(&l.Rank, 32)
	return l
}

func set[T int | int64](field *T, or T) {
	if *field <= 0 {
		*field = or
	}
}
