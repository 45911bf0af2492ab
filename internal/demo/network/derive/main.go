// Command derive writes the two small files that package network embeds, from the open data that they come from.
//
// Usage, from the repository's root:
//
//	go run ./internal/standin/network/derive INPUT
//
// INPUT holds geo/communes.json.gz (npm @etalab/decoupage-administratif, INSEE COG, Licence Ouverte 2.0) and
// names/fr_names_faker.json (npm @faker-js/faker, MIT). The output is the same, byte for byte, for the same input.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	output        = "internal/demo/network/data"
	minPopulation = 200 // smaller communes hold 2 % of the population and a third of the file
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: derive INPUT")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "derive:", err)
		os.Exit(1)
	}
}

func run(input string) error {
	communes, err := readCommunes(filepath.Join(input, "geo", "communes.json.gz"))
	if err != nil {
		return err
	}
	names, err := readNames(filepath.Join(input, "names", "fr_names_faker.json"))
	if err != nil {
		return err
	}
	if err := writeGzip("communes.tsv.gz", communes); err != nil {
		return err
	}
	return writeGzip("names.tsv.gz", names)
}

// readCommunes returns one line a commune: region, code, arrondissement, population, postcodes, name; sorted by code.
func readCommunes(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Code, Nom, Region, Arrondissement, Type string
		Population                              int
		CodesPostaux                            []string
	}
	if err := json.NewDecoder(z).Decode(&rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var lines []string
	for _, r := range rows {
		if r.Type != "commune-actuelle" || r.Population < minPopulation || len(r.Region) != 2 || len(r.CodesPostaux) == 0 {
			continue
		}
		lines = append(lines, strings.Join([]string{r.Region, r.Code, r.Arrondissement, fmt.Sprint(r.Population),
			strings.Join(r.CodesPostaux, ","), r.Nom}, "\t"))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[3:8], b[3:8]) })
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// readNames returns one line a name: kind (f, m or s for surname), name; kept in the source's order.
func readNames(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var in struct {
		First struct{ Female, Male, Generic []string }
		Last  []string
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out bytes.Buffer
	for _, list := range []struct {
		kind  string
		names []string
	}{{"f", in.First.Female}, {"f", in.First.Generic}, {"m", in.First.Male}, {"m", in.First.Generic}, {"s", in.Last}} {
		for _, n := range list.names {
			fmt.Fprintf(&out, "%s\t%s\n", list.kind, n)
		}
	}
	return out.Bytes(), nil
}

func writeGzip(name string, content []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, bytes.NewReader(content)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(output, name), b.Bytes(), 0o644)
}
