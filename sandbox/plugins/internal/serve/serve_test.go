package serve

import "testing"

func TestAnalyzerEngineAddress(t *testing.T) {
	for want, args := range map[string][]string{
		"127.0.0.1:1": {"127.0.0.1:1", "."},
		"127.0.0.1:2": {"--logtostderr", "-v=9", "--tracing", "http://127.0.0.1:9", "127.0.0.1:2", "."},
		"127.0.0.1:3": {"127.0.0.1:3", ".", "-typescript=false"},
		"":            {"-v=9"},
	} {
		if got := analyzerEngineAddress(args); got != want {
			t.Errorf("%q: got %q, want %q", args, got, want)
		}
	}
}
