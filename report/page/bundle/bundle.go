// Package bundle joins the TypeScript of the report's page into the one script the page carries. It holds no script
// itself, and only the generator and the test that compares with its output use it.
package bundle

import (
	"fmt"

	"github.com/evanw/esbuild/pkg/api"
)

// Script joins the modules behind an entry file. The same sources give the same bytes.
func Script(entry string) ([]byte, error) {
	r := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: api.FormatIIFE, Target: api.ES2020, Charset: api.CharsetASCII,
		MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true, LegalComments: api.LegalCommentsNone,
	})
	if len(r.Errors) > 0 {
		e := r.Errors[0]
		if e.Location == nil {
			return nil, fmt.Errorf("%s: %s", entry, e.Text)
		}
		return nil, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
	}
	return r.OutputFiles[0].Contents, nil
}
