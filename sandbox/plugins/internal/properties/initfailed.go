package properties

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
)

// InitFailed is the answer for a resource that exists but is not ready: the engine keeps it in the state, and tries again
// with the next update. Inputs are given by a read only.
func InitFailed(id string, state, inputs resource.PropertyMap, reasons ...string) error {
	stateBag, err := Write(state)
	if err != nil {
		return err
	}
	detail := &pulumirpc.ErrorResourceInitFailed{Id: id, Properties: stateBag, Reasons: reasons}
	if inputs != nil {
		if detail.Inputs, err = Write(inputs); err != nil {
			return err
		}
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, strings.Join(reasons, ": ")), detail)
}
