package stats

import (
	"encoding/json"
	"strconv"
	"strings"

	"prism/internal/prompt"
)

// saysNothing reports whether a value says only that a column does not apply to a row.
func saysNothing(text string) bool {
	return text == "" || text == prompt.NoValue || text == prompt.NotApplicable
}

// kindOfTexts tells the kind of a column by its different values, as far as their form
// tells: Label where it does not.
func kindOfTexts(texts []string) Kind {
	integers, numbers, booleans, several, all := 0, 0, 0, 0, 0
	for _, text := range texts {
		if saysNothing(text) {
			continue
		}
		all++
		if _, ok := parseNumber(text); ok {
			numbers++
		}
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			integers++
		}
		if strings.EqualFold(text, "true") || strings.EqualFold(text, "false") {
			booleans++
		}
		if strings.Contains(text, "|") || strings.HasPrefix(text, "[") {
			several++
		}
	}
	switch all {
	case 0:
		return Label
	case integers:
		return Integer
	case numbers:
		return Number
	case booleans:
		return Boolean
	}
	if several > 0 {
		return Labels
	}
	return Label
}

// looksLikeText reports whether values are free text: nearly every row has another, and
// they are many or long. Length is the mean, in characters.
func looksLikeText(distinct, rows int64, length float64) bool {
	return distinct*2 > rows && (distinct > 20 || length > 30)
}

// splitLabels returns the labels of a cell of several: joined by |, or a JSON array.
func splitLabels(text string) []string {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return splitJSONLabels(text)
	}
	var labels []string
	for _, l := range strings.Split(text, "|") {
		if l = strings.TrimSpace(l); l != "" {
			labels = append(labels, l)
		}
	}
	return labels
}

// joinJSONLabels is the cell of several labels whose text may be a JSON array, as JSONL has them.
func joinJSONLabels(text string) string {
	if !strings.HasPrefix(text, "[") {
		return text
	}
	return prompt.LabelsCell(splitJSONLabels(text))
}

// splitJSONLabels reads a JSON array; what is not one is a single label.
func splitJSONLabels(text string) []string {
	var labels []string
	if json.Unmarshal([]byte(text), &labels) != nil {
		return []string{text}
	}
	return labels
}
