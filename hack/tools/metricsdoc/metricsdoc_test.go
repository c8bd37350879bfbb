package metricsdoc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Metrics that a working broker happens to omit are found in the code.
func TestMetricsPage_Metrics_AreThoseOfTheCode(t *testing.T) {
	page, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^alibabacloud_broker_[a-z_]+$`)
	inCode := map[string]bool{}
	for _, dir := range []string{"cmd", "pkg"} {
		err := filepath.WalkDir(filepath.Join(Root(), dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				if text, err := strconv.Unquote(literal.Value); err == nil && named.MatchString(text) {
					inCode[text] = true
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(inCode)), slices.Sorted(maps.Keys(page))); diff != "" {
		t.Errorf("metrics of the code (-) and of docs/metrics.md (+) differ:\n%s", diff)
	}
}

func TestParse_Page_ReadsTypeHelpAndValues(t *testing.T) {
	got, err := parse([]byte("# Metrics\n\n- `x`: not of a metric\n\n### `a_total`\n\n**counter** Things, by sort.\n\n" +
		"- `sort`: `b` (so), `a`\n- `step`: any step, such as `x`\n\nProse.\n\n## More\n\n### `b_seconds`\n\n**histogram** Time.\n"))
	want := map[string]Metric{
		"a_total":   {"a_total", "counter", "Things, by sort.", map[string][]string{"sort": {"a", "b"}, "step": nil}},
		"b_seconds": {"b_seconds", "histogram", "Time.", map[string][]string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("parse (-want +got): %v\n%s", err, diff)
	}
	for name, page := range map[string]string{
		"NoType": "### `a_total`\n\nProse.\n",
		"Twice":  "### `a_total`\n\n**counter** A.\n\n### `a_total`\n\n**counter** A.\n",
	} {
		if _, err := parse([]byte(page)); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}

func TestCheck_UnknownMetric_IsFound(t *testing.T) {
	metrics := map[string]Metric{
		"alibabacloud_broker_a_total":   {"alibabacloud_broker_a_total", "counter", "", map[string][]string{"sort": {"x", "y"}, "step": nil}},
		"alibabacloud_broker_b_seconds": {"alibabacloud_broker_b_seconds", "histogram", "", map[string][]string{"route": {"/v2/{id}"}}},
	}
	cases := map[string]struct {
		expression string
		wrong      int
	}{
		"Sound":            {`sum by (sort, job) (rate(alibabacloud_broker_a_total{sort=~"x|y",step="any",job="j"}[5m])) > 0`, 0},
		"SoundHistogram":   {`histogram_quantile(0.99, sum by (le, route) (rate(alibabacloud_broker_b_seconds_bucket{route=~".*id}"}[5m])))`, 0},
		"OfOthers":         {`time() - process_start_time_seconds > 1 and on (job) absent_over_time(up[5m])`, 0},
		"Metric":           {`alibabacloud_broker_c_total`, 1},
		"HistogramItself":  {`alibabacloud_broker_b_seconds`, 1},
		"SuffixOfACounter": {`alibabacloud_broker_a_total_bucket`, 1},
		"Label":            {`alibabacloud_broker_a_total{route="x"}`, 1},
		"Value":            {`alibabacloud_broker_a_total{sort="z"}`, 1},
		"OneOfTheValues":   {`alibabacloud_broker_a_total{sort!~"x|z"}`, 1},
		"Pattern":          {`alibabacloud_broker_b_seconds_count{route=~".+nothing"}`, 1},
		"Grouping":         {`sum by (colour) (alibabacloud_broker_a_total)`, 1},
	}
	for name, tc := range cases {
		if got := Check(metrics, tc.expression); len(got) != tc.wrong {
			t.Errorf("%s: %s: %q, want %d complaints", name, tc.expression, got, tc.wrong)
		}
	}
}

func TestValues_EachServiceAndProduct_ComeFromTheList(t *testing.T) {
	services, products := values("each service, by its folder"), values("each product of the cloud")
	for _, name := range []string{"rds", "oss"} {
		if !slices.Contains(services, name) || !slices.Contains(products, name) {
			t.Errorf("services %q or products %q lack %s", services, products, name)
		}
	}
	if !slices.Contains(products, "sts") || slices.Contains(products, "metadata") || slices.Contains(services, "ram") {
		t.Errorf("services %q, products %q", services, products)
	}
}
