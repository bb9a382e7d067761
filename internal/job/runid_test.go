package job

import (
	"testing"
	"time"
)

func TestRunID(t *testing.T) {
	now := time.Date(2025, 1, 27, 14, 30, 52, 0, time.UTC)
	tests := []struct {
		name, project, version, model string
		id                            int
		taken                         []string
		want                          string
	}{
		{"listed model", "sample", "v1", "llama3.2", 1, nil, "sample_v1_m1_20250127_143052"},
		{"other model", "sample", "v1", "qwen2.5:14b", 0, nil, "sample_v1_qwen2.5-14b_20250127_143052"},
		{"unsafe names", "q1 café/x", "../v", "hf.co/me/m:q4_K", 0, nil, "q1_caf__x___v_hf.co-me-m-q4-K_20250127_143052"},
		{"empty project", "", "v1", "m", 0, nil, "__v1_m_20250127_143052"},
		{"taken", "s", "v1", "m", 0, []string{"s_v1_m_20250127_143052", "s_v1_m_20250127_143052_2"}, "s_v1_m_20250127_143052_3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			taken := map[string]bool{}
			for _, id := range tt.taken {
				taken[id] = true
			}
			got := RunID(tt.project, tt.version, tt.model, tt.id, now, func(id string) bool { return taken[id] })
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
