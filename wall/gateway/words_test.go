package gateway

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"cloison/internal/i18n"
)

// TestEveryCodeHasWords finds every reason code of policy, and every one that this package writes, in the catalogue.
func TestEveryCodeHasWords(t *testing.T) {
	codes := map[string]bool{}
	each := func(file string, visit func(ast.Node)) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool { visit(n); return true })
	}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes[s] = true
		}
	}
	each("../../rules/policy/decision.go", func(n ast.Node) {
		if v, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "ReasonCode" {
				add(v.Values[0])
			}
		}
	})
	if len(codes) < 15 {
		t.Fatalf("only %d codes of policy found", len(codes))
	}
	for _, file := range []string{"gateway.go", "request.go", "answer.go", "refuse.go"} {
		each(file, func(n ast.Node) {
			if lit, ok := n.(*ast.CompositeLit); ok {
				if typ, ok := lit.Type.(*ast.Ident); ok && typ.Name == "reason" {
					for _, e := range lit.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "code" {
							add(kv.Value)
						}
					}
				}
			}
		})
	}
	if !codes["unknown_route"] || !codes["tool_down"] {
		t.Fatalf("own codes not found in %v", codes)
	}
	for code := range codes {
		for _, part := range []string{"title", "detail", "way_out"} {
			if !i18n.Has(i18n.Key("refusal." + code + "." + part)) {
				t.Errorf("refusal.%s.%s has no words", code, part)
			}
		}
	}
}
