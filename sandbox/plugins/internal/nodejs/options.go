package nodejs

import (
	"fmt"
	"strings"
	"unicode"

	"google.golang.org/protobuf/types/known/structpb"
)

// options are the runtime options of Pulumi.yaml that the official language host knows.
type options struct {
	typescript     bool
	tsconfig       string
	nodeArgs       []string
	packageManager string
}

func parseOptions(given *structpb.Struct) (options, error) {
	parsed := options{typescript: true, packageManager: "auto"}
	for key, value := range given.AsMap() {
		switch key {
		case "typescript":
			typescript, ok := value.(bool)
			if !ok {
				return options{}, fmt.Errorf("runtime option %q is %v: must be true or false", key, value)
			}
			parsed.typescript = typescript
		case "tsconfig", "nodeargs", "packagemanager":
			text, ok := value.(string)
			if !ok {
				return options{}, fmt.Errorf("runtime option %q is %v: must be a string", key, value)
			}
			switch key {
			case "tsconfig":
				parsed.tsconfig = text
			case "nodeargs":
				args, err := splitShellWords(text)
				if err != nil {
					return options{}, fmt.Errorf("runtime option %q is %q: %w", key, text, err)
				}
				parsed.nodeArgs = args
			case "packagemanager":
				parsed.packageManager = text
			}
		}
	}
	switch parsed.packageManager {
	case "auto", "npm", "pnpm", "yarn", "bun":
		return parsed, nil
	}
	return options{}, fmt.Errorf("runtime option \"packagemanager\" is %q: must be auto, npm, pnpm, yarn or bun", parsed.packageManager)
}

// splitShellWords splits like a shell does: at white space, except within quotes or after a backslash.
func splitShellWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, escaped := false, false
	var quote rune
	for _, char := range text {
		switch {
		case escaped:
			word.WriteRune(char)
			escaped = false
		case char == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && char == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(char)
		case char == '"' || char == '\'':
			quote, inWord = char, true
		case unicode.IsSpace(char):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(char)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote %q is not closed", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
