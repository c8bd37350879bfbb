// Command words measures the language of comments, by folder and in total: the
// share of sentences with a relative or indefinite pronoun such as "whose", the
// share of negated sentences, and comment lines per code line. The figures guide
// a reader and leave the build alone.
//
//	go run ./hack/tools/words [-tests] [-list] [folder ...]
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

func main() {
	tests := flag.Bool("tests", false, "measure test files instead of the others")
	list := flag.Bool("list", false, "print each relative (R) and negated (N) sentence with its place")
	flag.Parse()
	folders := flag.Args()
	if len(folders) == 0 {
		folders = []string{"cmd", "pkg", "hack", "test"}
	}
	files, err := goFiles(folders, *tests)
	if err == nil {
		err = report(os.Stdout, files, *list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
		os.Exit(1)
	}
}

// report measures the files and prints a line for each folder and a total.
func report(w io.Writer, files []file, list bool) error {
	byFolder := map[string]figures{}
	var folders []string
	var total figures
	for _, f := range files {
		source, err := os.ReadFile(f.path)
		if err != nil {
			return err
		}
		sentences, lines, err := read(f.path, source)
		if err != nil {
			return err
		}
		figures := measure(sentences)
		figures.comment, figures.code = lines.comment, lines.code
		if list {
			show(w, sentences)
		}
		if !slices.Contains(folders, f.folder) {
			folders = append(folders, f.folder)
		}
		byFolder[f.folder] = byFolder[f.folder].plus(figures)
		total = total.plus(figures)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "relative\tnegated\tcomment/code\tsentences\tfolder")
	for _, folder := range folders {
		byFolder[folder].print(table, folder)
	}
	total.print(table, "total")
	return table.Flush()
}

// show prints the sentences that count as relative or negated.
func show(w io.Writer, sentences []sentence) {
	for _, s := range sentences {
		mark := ""
		if s.isRelative() {
			mark = "R"
		}
		if s.isNegated() {
			mark += "N"
		}
		if mark != "" {
			fmt.Fprintf(w, "%s: %s: %s\n", s.place, mark, s.text)
		}
	}
}

// figures are the counts of some files.
type figures struct {
	sentences, relative, negated int
	comment, code                int // lines
}

func (f figures) plus(g figures) figures {
	return figures{
		f.sentences + g.sentences, f.relative + g.relative, f.negated + g.negated,
		f.comment + g.comment, f.code + g.code,
	}
}

func (f figures) print(w io.Writer, name string) {
	share := func(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }
	fmt.Fprintf(w, "%.1f %%\t%.1f %%\t%.2f\t%d\t%s\n",
		100*share(f.relative, f.sentences), 100*share(f.negated, f.sentences), share(f.comment, f.code), f.sentences, name)
}

func measure(sentences []sentence) figures {
	f := figures{sentences: len(sentences)}
	for _, s := range sentences {
		if s.isRelative() {
			f.relative++
		}
		if s.isNegated() {
			f.negated++
		}
	}
	return f
}
