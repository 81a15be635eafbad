// The distribution registry with the storage and the logins that are used here. The stores in the clouds bring in several
// times as much code as all the rest of it.
package main

import (
	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	// Cobra has told what failed, and the commands end the program themselves.
	_ = registry.RootCmd.Execute()
}
