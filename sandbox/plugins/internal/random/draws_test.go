package random

import (
	"strings"
	"testing"
)

func complete(given map[string]any) inputs {
	all := inputs{}
	for key, value := range charactersByDefault {
		all[key] = value
	}
	for key, value := range given {
		all[key] = value
	}
	return all
}

func TestCharacters(t *testing.T) {
	for _, test := range []struct {
		name    string
		inputs  map[string]any
		only    string
		atLeast map[string]int
	}{
		{"all classes", map[string]any{"length": 30.0}, lower + upper + numeric + specials, nil},
		{"digits", map[string]any{"length": 30.0, "lower": false, "upper": false, "special": false}, numeric, nil},
		{"no digits, by the old name", map[string]any{"length": 30.0, "number": false}, lower + upper + specials, nil},
		{"special characters of one's own", map[string]any{"length": 30.0, "lower": false, "upper": false, "numeric": false, "overrideSpecial": "_-"}, "_-", nil},
		{"as many as required", map[string]any{"length": 12.0, "minUpper": 5.0, "minNumeric": 4.0}, lower + upper + numeric + specials, map[string]int{upper: 5, numeric: 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := characters(complete(test.inputs))
			if err != nil {
				t.Fatal(err)
			}
			if want := int(test.inputs["length"].(float64)); len(result) != want {
				t.Errorf("length %d, want %d", len(result), want)
			}
			if stray := strings.Trim(result, test.only); stray != "" {
				t.Errorf("%q has strays %q", result, stray)
			}
			for class, minimum := range test.atLeast {
				if count := len(result) - len(strings.Map(func(char rune) rune {
					if strings.ContainsRune(class, char) {
						return -1
					}
					return char
				}, result)); count < minimum {
					t.Errorf("%q has %d of %q, want %d", result, count, class, minimum)
				}
			}
		})
	}
}

func TestCharactersThatCannotBe(t *testing.T) {
	for reason, given := range map[string]map[string]any{
		"at least 1":  {"length": 0.0},
		"the sum":     {"length": 3.0, "minUpper": 4.0},
		"no characte": {"length": 3.0, "lower": false, "upper": false, "numeric": false, "special": false},
	} {
		if _, err := characters(complete(given)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v: got %v, want %q", given, err, reason)
		}
	}
}

func TestASeededIntegerIsAlwaysTheSame(t *testing.T) {
	seed := inputs{"min": 1.0, "max": 1000000.0, "seed": "seed"}
	first, err := integer(seed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := integer(seed)
	if err != nil || again.id != first.id {
		t.Errorf("got %s, then %s (%v)", first.id, again.id, err)
	}
}
