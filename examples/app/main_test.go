package main

import (
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

func TestAnswers(t *testing.T) {
	cases := []struct {
		name   string
		path   string
		ready  bool
		status int
		body   string
	}{
		{"root", "/", true, 200, "dev-0000000\n"},
		{"root with a query", "/?x=1", true, 200, "dev-0000000\n"},
		{"a preview that is gone", "/pr-41", true, 404, "404 page not found\n"},
		{"healthy", "/healthz", true, 200, "ok\n"},
		{"shutting down", "/healthz", false, 503, "shutting down\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var ready atomic.Bool
			ready.Store(c.ready)
			recorder := httptest.NewRecorder()
			handler(&ready).ServeHTTP(recorder, httptest.NewRequest("GET", c.path, nil))
			if recorder.Code != c.status || recorder.Body.String() != c.body {
				t.Errorf("%s: got %d %q, want %d %q", c.path, recorder.Code, recorder.Body, c.status, c.body)
			}
		})
	}
}
