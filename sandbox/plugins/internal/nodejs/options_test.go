package nodejs

import (
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestOptions(t *testing.T) {
	given, err := structpb.NewStruct(map[string]any{
		"typescript": false, "nodeargs": `--import tsx --title 'two words'`, "tsconfig": "other.json", "packagemanager": "pnpm",
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseOptions(given)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.typescript || parsed.tsconfig != "other.json" || parsed.packageManager != "pnpm" ||
		!slices.Equal(parsed.nodeArgs, []string{"--import", "tsx", "--title", "two words"}) {
		t.Errorf("got %+v", parsed)
	}
	if parsed, err := parseOptions(nil); err != nil || !parsed.typescript {
		t.Errorf("TypeScript is not the default: %+v, %v", parsed, err)
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	for reason, options := range map[string]map[string]any{
		"must be true or false":            {"typescript": "yes"},
		"must be a string":                 {"nodeargs": 1.0},
		"is not closed":                    {"nodeargs": "'a"},
		"must be auto, npm, pnpm, yarn or": {"packagemanager": "make"},
	} {
		given, err := structpb.NewStruct(options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseOptions(given); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v: got %v, want %q", options, err, reason)
		}
	}
}

func TestRunnerArguments(t *testing.T) {
	arguments := runnerArguments("run.js", "engine:1", &pulumirpc.RunRequest{
		MonitorAddress: "monitor:2", Project: "p", Stack: "s", Organization: "o", Parallel: 4, DryRun: true, Args: []string{"extra"},
		Info: &pulumirpc.ProgramInfo{RootDirectory: "/root-of-project", ProgramDirectory: "/program", EntryPoint: "."},
	})
	want := "run.js --monitor monitor:2 --engine engine:1 --organization o --project p --root-directory /root-of-project --stack s " +
		"--pwd /program --query-mode false --parallel 4 --dry-run . extra"
	if got := strings.Join(arguments, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
