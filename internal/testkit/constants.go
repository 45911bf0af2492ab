package testkit

import (
	"go/ast"
	"go/constant"
	"go/token"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// Constants lists the texts of every constant expression of a named string type in the packages, each with one of the
// places where it stands: declared constants, and literals that have the type by where they stand. The type is written
// as in "cloison/internal/i18n.Key", the packages as for go list. Test files are not read.
func Constants(t testing.TB, typeName string, patterns ...string) map[string]token.Position {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Context: t.Context(),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]token.Position{}
	for _, p := range loaded {
		for _, err := range p.Errors {
			t.Fatal(err)
		}
		inner := map[ast.Expr]bool{} // operands of a longer constant: "a." + "b" is one
		for expr, v := range p.TypesInfo.Types {
			if b, ok := expr.(*ast.BinaryExpr); ok && v.Value != nil {
				inner[b.X], inner[b.Y] = true, true
			}
		}
		for expr, v := range p.TypesInfo.Types {
			if v.Value == nil || v.Value.Kind() != constant.String || v.Type.String() != typeName || inner[expr] {
				continue
			}
			if text := constant.StringVal(v.Value); text != "" {
				found[text] = p.Fset.Position(expr.Pos())
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no constant of %s stands in %s", typeName, strings.Join(patterns, " "))
	}
	return found
}
