package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// A file is a Go source file and the folder under which it is counted.
type file struct{ path, folder string }

// goFiles returns the Go files under the folders, in order: test files, or all
// others. Hidden folders, testdata and vendor are skipped.
func goFiles(folders []string, tests bool) ([]file, error) {
	var files []file
	for _, root := range folders {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := d.Name()
			switch {
			case d.IsDir() && path != root && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".")):
				return filepath.SkipDir
			case !d.IsDir() && strings.HasSuffix(name, ".go") && strings.HasSuffix(name, "_test.go") == tests:
				files = append(files, file{path, filepath.Dir(path)})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// lineCount counts the lines of a file: blank lines are neither kind, and a
// line with both counts as code.
type lineCount struct{ comment, code int }

// read returns the comment sentences of a Go file and counts its lines. A
// comment behind code is a fragment rather than a sentence, and left out.
// Generated files have neither.
func read(path string, source []byte) ([]sentence, lineCount, error) {
	places := token.NewFileSet()
	parsed, err := parser.ParseFile(places, path, source, parser.ParseComments)
	if err != nil || ast.IsGenerated(parsed) {
		return nil, lineCount{}, err
	}
	var sentences []sentence
	comments := map[int]bool{}
	for _, group := range parsed.Comments {
		place := places.Position(group.Pos())
		for n := place.Line; n <= places.Position(group.End()).Line; n++ {
			comments[n] = true
		}
		if isTrailing(source, place) {
			continue
		}
		for _, paragraph := range paragraphs(group) {
			for _, text := range split(paragraph) {
				sentences = append(sentences, sentence{place.String(), text})
			}
		}
	}
	var lines lineCount
	for i, line := range strings.Split(string(source), "\n") {
		switch line = strings.TrimSpace(line); {
		case line == "":
		case comments[i+1] && (strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "*")):
			lines.comment++
		default:
			lines.code++
		}
	}
	return sentences, lines, nil
}

// isTrailing reports whether code precedes the place on its line.
func isTrailing(source []byte, place token.Position) bool {
	return len(bytes.TrimSpace(source[place.Offset-place.Column+1:place.Offset])) > 0
}

// paragraphs returns the running text of a comment group. Directives such as
// //nolint and //go:embed, and indented blocks, are left out.
func paragraphs(group *ast.CommentGroup) []string {
	var all, lines []string
	end := func() {
		if len(lines) > 0 {
			all = append(all, strings.Join(lines, " "))
		}
		lines = nil
	}
	for _, comment := range group.List {
		if directive.MatchString(comment.Text) {
			continue
		}
		text := strings.TrimSuffix(strings.TrimPrefix(comment.Text, "/*"), "*/")
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimPrefix(line, "//")
			if strings.TrimSpace(line) == "" {
				end()
				continue
			}
			if !indented.MatchString(line) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	end()
	return all
}

var (
	directive = regexp.MustCompile(`^//[a-z]+(:|$)|^//(line|export|extern) |^// \+build`)
	indented  = regexp.MustCompile(`^(\t| {2,})`)
	boundary  = regexp.MustCompile(`[.!?]["')\x60]*\s+(["'(\x60]*[A-Z0-9])`)
	word      = regexp.MustCompile(`[A-Za-z]+(?:['’][a-z]+)?`)
)

// split cuts a paragraph into sentences: an end mark, a space and the
// beginning of another sentence. A part needs a word to be a sentence.
func split(paragraph string) []string {
	var sentences []string
	add := func(text string) {
		if text = strings.TrimSpace(text); word.MatchString(text) {
			sentences = append(sentences, text)
		}
	}
	rest := paragraph
	for from := 0; ; {
		m := boundary.FindStringSubmatchIndex(rest[from:])
		if m == nil {
			break
		}
		next := from + m[2]
		if isAbbreviation(rest[:from+m[0]]) {
			from = next
			continue
		}
		add(rest[:next])
		rest, from = rest[next:], 0
	}
	add(rest)
	return sentences
}

// isAbbreviation reports whether text ends with a short form, after which a
// full stop continues the sentence.
func isAbbreviation(text string) bool {
	for _, short := range []string{"e.g", "i.e", "cf", "vs", "No"} {
		if strings.HasSuffix(text, short) && (len(text) == len(short) || !isLetter(text[len(text)-len(short)-1])) {
			return true
		}
	}
	return false
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// A sentence of a comment; place is where its comment begins.
type sentence struct{ place, text string }

// isRelative reports whether the sentence uses a word that hides its subject.
func (s sentence) isRelative() bool {
	return s.has("who", "whose", "whoever", "those", "what", "nobody", "somebody")
}

// isNegated reports whether the sentence has a negation.
func (s sentence) isNegated() bool {
	for _, w := range word.FindAllString(strings.ToLower(s.text), -1) {
		if strings.HasSuffix(strings.ReplaceAll(w, "’", "'"), "n't") {
			return true
		}
	}
	return s.has("no", "not", "never", "none", "nothing", "nor", "without", "cannot")
}

func (s sentence) has(words ...string) bool {
	for _, found := range word.FindAllString(strings.ToLower(s.text), -1) {
		for _, w := range words {
			if found == w || strings.HasPrefix(found, w+"'") {
				return true
			}
		}
	}
	return false
}
