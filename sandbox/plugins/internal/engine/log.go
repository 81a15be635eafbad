// Package engine is the plugin's line back to the engine: messages that the CLI shows beside a resource.
package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Log sends messages to the engine. Until Connect it drops them: a plugin may be started without an engine.
type Log struct {
	mutex  sync.Mutex
	client pulumirpc.EngineClient
	status map[string]string
}

// NewLog is a log without an engine.
func NewLog() *Log {
	return &Log{status: map[string]string{}}
}

// Connect sets the engine that messages go to.
func (log *Log) Connect(address string) error {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return fmt.Errorf("cannot reach the engine at %q: %w", address, err)
	}
	log.mutex.Lock()
	defer log.mutex.Unlock()
	log.client = pulumirpc.NewEngineClient(connection)
	return nil
}

// Warn shows a warning that stays in the output.
func (log *Log) Warn(urn, format string, args ...any) {
	log.send(pulumirpc.LogSeverity_WARNING, urn, fmt.Sprintf(format, args...), false)
}

// Info shows a message that stays in the output.
func (log *Log) Info(urn, format string, args ...any) {
	log.send(pulumirpc.LogSeverity_INFO, urn, fmt.Sprintf(format, args...), false)
}

// Status shows what a resource waits for, until the next status. The same status twice is sent once.
func (log *Log) Status(urn, message string) {
	log.mutex.Lock()
	if log.status[urn] == message {
		log.mutex.Unlock()
		return
	}
	log.status[urn] = message
	log.mutex.Unlock()
	log.send(pulumirpc.LogSeverity_INFO, urn, message, true)
}

func (log *Log) send(severity pulumirpc.LogSeverity, urn, message string, ephemeral bool) {
	log.mutex.Lock()
	client := log.client
	log.mutex.Unlock()
	if client == nil {
		return
	}
	// A message that cannot be delivered must never fail the operation it is about.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = client.Log(ctx, &pulumirpc.LogRequest{Severity: severity, Urn: urn, Message: message, Ephemeral: ephemeral})
}
