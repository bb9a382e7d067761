package stats

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Cascade is what prism-cascade --student reported of a table: who labelled its rows, and what the audit of the student says.
type Cascade struct {
	Name    string            `json:"file"` // of the report, or the label of a run's file
	Rows    int64             `json:"rows"`
	Target  Figure            `json:"target"`
	Student CascadeStudent    `json:"student"`
	Shares  []EstimatedColumn `json:"shares"` // corrected by the audit to what the model would have said of all rows
}

// CascadeStudent is a student and its audit.
type CascadeStudent struct {
	State   string          `json:"state"`   // StudentInUse, StudentSetAside or StudentNotNeeded
	Why     string          `json:"why"`     // it was set aside
	Learned int64           `json:"learned"` // rows that it learned from
	Sure    int64           `json:"sure"`    // rows of which it was sure
	Audited int64           `json:"audited"` // of Sure, those that the model was asked for, too
	Columns []AuditedColumn `json:"columns"`
}

// States of a student.
const (
	StudentInUse     = "in use"
	StudentSetAside  = "set aside"
	StudentNotNeeded = "not needed" // the table has too few rows
)

// AuditedColumn is how often the model says what the student says, in the rows of the audit.
type AuditedColumn struct {
	Column    string `json:"column"`
	Threshold Figure `json:"threshold"` // least confidence of a row that is the student's
	Promised  Figure `json:"promised"`  // agreement that the training measured there
	Audited   int64  `json:"audited"`
	Agreement Figure `json:"agreement"`
	Low       Figure `json:"agreement_low"`
	High      Figure `json:"agreement_high"`
	Missed    bool   `json:"missed"` // the agreement is less than was wanted
}

// UnmarshalJSON reads a column; figures that are not there are undefined.
func (c *AuditedColumn) UnmarshalJSON(data []byte) error {
	type plain AuditedColumn
	undefined := Figure(math.NaN())
	p := plain{Threshold: undefined, Promised: undefined, Agreement: undefined, Low: undefined, High: undefined}
	err := json.Unmarshal(data, &p)
	*c = AuditedColumn(p)
	return err
}

// ParseCascade reads the report of prism-cascade --student. Without a student it is an error.
func ParseCascade(data []byte, name string) (*Cascade, error) {
	c := &Cascade{}
	err := json.Unmarshal(data, c)
	if s := c.Student.State; err == nil && s != StudentInUse && s != StudentSetAside && s != StudentNotNeeded {
		err = errors.New("it has no student")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not the report of prism-cascade --student: %w", name, err)
	}
	c.Name = name
	if c.Student.Columns == nil {
		c.Student.Columns = []AuditedColumn{}
	}
	if c.Shares == nil {
		c.Shares = []EstimatedColumn{}
	}
	return c, nil
}
