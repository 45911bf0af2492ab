package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLogLinesAreUniform holds every line of the log to the operator's search: the message is one constant phrase, and an
// error stands under the key err.
func TestLogLinesAreUniform(t *testing.T) {
	t.Chdir(root)
	methods := []string{"Debug", "Info", "Warn", "Error"}
	lines := 0
	for dir, files := range goPackages(t) {
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || slices.Contains(testCode(), dir) {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				name, withContext := strings.CutSuffix(method.Sel.Name, "Context")
				args := call.Args
				if withContext && len(args) > 0 {
					args = args[1:]
				}
				if !slices.Contains(methods, name) || !isLogger(method.X) || len(args) == 0 {
					return true
				}
				lines++
				at := set.Position(call.Pos())
				if !isConstant(args[0]) {
					t.Errorf("%v: the message is made of parts: write a constant phrase, and attributes", at)
				}
				for i := 1; i+1 < len(args); i += 2 {
					key := ""
					if lit, ok := args[i].(*ast.BasicLit); ok {
						key, _ = strconv.Unquote(lit.Value)
					}
					value, _ := args[i+1].(*ast.Ident)
					if key == "error" || value != nil && value.Name == "err" && key != "err" {
						t.Errorf("%v: the key of an error is err, not %q", at, key)
					}
				}
				return true
			})
		}
	}
	if lines < 40 {
		t.Errorf("only %d log lines were found: the test reads nothing", lines)
	}
}

// isConstant reports whether a text is a literal, a name, or literals put together.
func isConstant(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit, *ast.Ident, *ast.SelectorExpr:
		return true
	case *ast.BinaryExpr:
		_, left := x.X.(*ast.BasicLit)
		_, right := x.Y.(*ast.BasicLit)
		return left && right
	}
	return false
}

// isLogger reports whether an expression is named as loggers are: log, s.log, c.opts.Log, slog.
func isLogger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return slices.Contains([]string{"log", "slog"}, x.Name)
	case *ast.SelectorExpr:
		return strings.EqualFold(x.Sel.Name, "log")
	}
	return false
}
