package metricsdoc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	selectorForm = regexp.MustCompile(`\b([a-z_]+(?:_[a-z]+)+)\b(\{[^}]*\})?`)
	matcherForm  = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	groupForm    = regexp.MustCompile(`\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)`)
)

// foreign are metrics that others make: Prometheus itself, and the libraries.
var foreign = []string{"process_start_time_seconds", "process_resident_memory_bytes", "osb_actions_total", "go_goroutines"} //nolint:gochecknoglobals // a constant table

// added are labels that Prometheus adds to scraped samples, or functions to
// their results.
var added = []string{"job", "namespace", "instance", "pod", "le", "alertname"} //nolint:gochecknoglobals // a constant table

// Check returns the metrics, labels and values of labels in a PromQL expression
// that are unknown.
func Check(metrics map[string]Metric, expression string) []string {
	var wrong []string
	labels := slices.Clone(added)
	for _, selector := range selectorForm.FindAllStringSubmatch(withoutGroups(expression), -1) {
		name := selector[1]
		metric, ok := lookUp(metrics, name)
		switch {
		case !ok && (slices.Contains(foreign, name) || !isMetric(name) && selector[2] == ""):
			continue
		case !ok:
			wrong = append(wrong, fmt.Sprintf("there is no metric %s", name))
			continue
		}
		for label := range metric.Labels {
			labels = append(labels, label)
		}
		wrong = append(wrong, checkMatchers(metric, selector[2])...)
	}
	for _, group := range groupForm.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(group[1], ",") {
			if label = strings.TrimSpace(label); label != "" && !slices.Contains(labels, label) {
				wrong = append(wrong, fmt.Sprintf("no metric of the expression has a label %s", label))
			}
		}
	}
	return wrong
}

// withoutGroups leaves out the names of labels, which look like metrics.
func withoutGroups(expression string) string {
	return groupForm.ReplaceAllString(expression, "")
}

// isMetric tells names of ours from functions and keywords of PromQL.
func isMetric(name string) bool {
	return strings.HasPrefix(name, "alibabacloud_") || strings.HasPrefix(name, "osb_")
}

// lookUp finds a metric by the name of its series: a histogram has three.
func lookUp(metrics map[string]Metric, name string) (Metric, bool) {
	if metric, ok := metrics[name]; ok {
		return metric, metric.Type != "histogram"
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && metrics[base].Type == "histogram" {
			return metrics[base], true
		}
	}
	return Metric{}, false
}

func checkMatchers(metric Metric, matchers string) []string {
	var wrong []string
	for _, found := range matcherForm.FindAllStringSubmatch(matchers, -1) {
		label, operator, value := found[1], found[2], found[3]
		values, ok := metric.Labels[label]
		switch {
		case slices.Contains(added, label):
			continue
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s has no label %s", metric.Name, label))
			continue
		case values == nil || strings.HasPrefix(value, "$"):
			continue
		}
		for _, v := range valuesOf(operator, value, values) {
			if !slices.Contains(values, v) {
				wrong = append(wrong, fmt.Sprintf("%s of %s is never %s", label, metric.Name, v))
			}
		}
	}
	return wrong
}

// valuesOf are the values that a matcher names. A pattern of another form than
// a|b must match one at least.
func valuesOf(operator, value string, values []string) []string {
	if operator == "=" || operator == "!=" {
		return []string{value}
	}
	if !strings.ContainsAny(value, `.*+?[\(`) {
		return strings.Split(value, "|")
	}
	pattern, err := regexp.Compile("^(?:" + strings.ReplaceAll(value, `\\`, `\`) + ")$")
	if err == nil && slices.ContainsFunc(values, pattern.MatchString) {
		return nil
	}
	return []string{value}
}
