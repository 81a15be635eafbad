// kbot is a small web server that tells which version of itself is running.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Set at build time: go build -ldflags "-X main.version=2.3.0 -X main.commit=0123456"
var (
	version = "dev"
	commit  = "0000000"
)

const (
	defaultAddress = ":8080"
	// The endpoints controller and the gateway need a moment to stop sending requests to a pod that is going away.
	drainDelay    = 2 * time.Second
	shutdownLimit = 10 * time.Second
)

func main() {
	if err := run(); err != nil {
		slog.Error("kbot stopped", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	listener, err := net.Listen("tcp", address())
	if err != nil {
		return err
	}
	var ready atomic.Bool
	ready.Store(true)
	server := &http.Server{Handler: handler(&ready), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	slog.Info("kbot listens", "address", listener.Addr(), "version", version, "commit", commit)

	select {
	case err := <-failed:
		return fmt.Errorf("serve on %q: %w", listener.Addr(), err)
	case <-ctx.Done():
	}

	ready.Store(false)
	time.Sleep(drainDelay)
	limited, cancel := context.WithTimeout(context.Background(), shutdownLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("shut down within %s: %w", shutdownLimit, err)
	}
	return nil
}

func address() string {
	if value := os.Getenv("KBOT_ADDRESS"); value != "" {
		return value
	}
	return defaultAddress
}

// handler answers "<version>-<short commit>" at its root and 404 elsewhere, so that the path of a preview that is gone is not
// answered by production; /healthz says whether this process takes requests.
func handler(ready *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s-%s\n", version, commit)
	})
	return mux
}
