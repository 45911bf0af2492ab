package cloison

import (
	"math/bits"
	"strings"
)

// Fields is a set of categories of personal data, one bit each. The bits are part of the ledger's format: a category is
// never renumbered. The names are those of the config, the rows and every JSON document; the categories follow the list
// of the European common breach form (reference: EDPB template of June 2026, CNIL notification form).
type Fields uint32

const (
	Identity   Fields = 1 << iota // names
	Birth                         // date and place of birth
	Sex                           //
	NIR                           // national identification number, masked until revealed
	CustomerID                    // the body's own number for the person
	Postal                        // postal address
	Email                         //
	Phone                         //
	Family                        // family situation
	Status                        // registration, dates, kind of follow-up
	Education                     //
	Income                        // economic situation
	Health                        //
	Documents                     // official documents
	Notes                         // an agent's free text
	Other                         // anything else that is personal
)

// FieldNames lists the categories in bit order.
func FieldNames() []string {
	return []string{"identity", "birth", "sex", "nir", "customer_id", "postal", "email", "phone", "family", "status",
		"education", "income", "health", "documents", "notes", "other"}
}

// ParseField returns the category of that name.
func ParseField(name string) (Fields, error) {
	for i, n := range FieldNames() {
		if n == name {
			return 1 << i, nil
		}
	}
	return 0, Errorf(Invalid, "%q is not a field category: want one of %s", name, strings.Join(FieldNames(), ", "))
}

// Has reports whether every category of g is in f.
func (f Fields) Has(g Fields) bool { return f&g == g }

// Count returns how many categories are in f.
func (f Fields) Count() int { return bits.OnesCount32(uint32(f)) }

// Names returns the names of the categories in f, in bit order.
func (f Fields) Names() []string {
	names := make([]string, 0, f.Count())
	for i, n := range FieldNames() {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// String joins the names by commas.
func (f Fields) String() string { return strings.Join(f.Names(), ",") }
