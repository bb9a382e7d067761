// Package report shows what was counted: statistics as a table for a terminal,
// Markdown, CSV and JSON, and the table of a run's workers. It knows how
// numbers and texts look; what they mean is counted elsewhere.
package report
