package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"math/big"
	seeded "math/rand"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/bcrypt"
)

// inputs are a resource's inputs, defaults included, as plain values.
type inputs map[string]any

func (in inputs) integer(key string) int {
	number, _ := in[key].(float64)
	return int(number)
}

func (in inputs) text(key string) string {
	text, _ := in[key].(string)
	return text
}

const (
	lower    = "abcdefghijklmnopqrstuvwxyz"
	upper    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numeric  = "0123456789"
	specials = "!@#$%&*()-_=+[]{}<>:?"
)

var charactersByDefault = map[string]any{
	"lower": true, "upper": true, "numeric": true, "number": true, "special": true,
	"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
}

func password(in inputs) (drawn, error) {
	result, err := characters(in)
	if err != nil {
		return drawn{}, err
	}
	// bcrypt knows the first 72 bytes only, and refuses to be given more.
	hash, err := bcrypt.GenerateFromPassword([]byte(result[:min(len(result), 72)]), bcrypt.DefaultCost)
	if err != nil {
		return drawn{}, err
	}
	return drawn{
		id:      "none",
		outputs: map[string]any{"result": result, "bcryptHash": string(hash)},
		secret:  []resource.PropertyKey{"result", "bcryptHash"},
	}, nil
}

func text(in inputs) (drawn, error) {
	result, err := characters(in)
	return drawn{id: result, outputs: map[string]any{"result": result}}, err
}

// characters draws what is required of each class, fills up from all classes, and mixes.
func characters(in inputs) (string, error) {
	special := specials
	if in.text("overrideSpecial") != "" {
		special = in.text("overrideSpecial")
	}
	length, all, result := in.integer("length"), "", ""
	for _, class := range []struct{ name, minimum, characters string }{
		{"lower", "minLower", lower}, {"upper", "minUpper", upper}, {"numeric", "minNumeric", numeric}, {"special", "minSpecial", special},
	} {
		if in[class.name] != true || (class.name == "numeric" && in["number"] != true) {
			continue
		}
		all += class.characters
		result += pick(class.characters, in.integer(class.minimum))
	}
	switch {
	case length < 1:
		return "", fmt.Errorf("length is %d: must be at least 1", length)
	case all == "":
		return "", fmt.Errorf("there is no character to draw from: lower, upper, numeric and special are all false")
	case len(result) > length:
		return "", fmt.Errorf("length is %d: must be at least the sum of minLower, minUpper, minNumeric and minSpecial, %d", length, len(result))
	}
	return mix(result + pick(all, length-len(result))), nil
}

func pick(characters string, count int) string {
	picked := make([]byte, count)
	for i := range picked {
		picked[i] = characters[below(len(characters))]
	}
	return string(picked)
}

func mix(text string) string {
	mixed := []byte(text)
	for i := len(mixed) - 1; i > 0; i-- {
		j := below(i + 1)
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	return string(mixed)
}

func below(limit int) int {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err) // the kernel has no randomness: nothing can go on
	}
	return int(number.Int64())
}

func randomBytes(count int) ([]byte, error) {
	if count < 1 {
		return nil, fmt.Errorf("length is %d: must be at least 1", count)
	}
	drawn := make([]byte, count)
	_, err := rand.Read(drawn)
	return drawn, err
}

func bytes(in inputs) (drawn, error) {
	value, err := randomBytes(in.integer("length"))
	encoded := base64.StdEncoding.EncodeToString(value)
	return drawn{
		id:      "none",
		outputs: map[string]any{"base64": encoded, "hex": hex.EncodeToString(value)},
		secret:  []resource.PropertyKey{"base64", "hex"},
	}, err
}

func id(in inputs) (drawn, error) {
	value, err := randomBytes(in.integer("byteLength"))
	prefix, url := in.text("prefix"), base64.RawURLEncoding.EncodeToString(value)
	return drawn{id: url, outputs: map[string]any{
		"b64Std": prefix + base64.StdEncoding.EncodeToString(value),
		"b64Url": prefix + url,
		"dec":    prefix + new(big.Int).SetBytes(value).String(),
		"hex":    prefix + hex.EncodeToString(value),
	}}, err
}

func integer(in inputs) (drawn, error) {
	lowest, highest := in.integer("min"), in.integer("max")
	if highest < lowest {
		return drawn{}, fmt.Errorf("max is %d: must not be less than min, %d", highest, lowest)
	}
	result := lowest + below(highest-lowest+1)
	if seed := in.text("seed"); seed != "" {
		source := seeded.NewSource(int64(crc64.Checksum([]byte(seed), crc64.MakeTable(crc64.ISO))))
		result = lowest + seeded.New(source).Intn(highest-lowest+1)
	}
	return drawn{id: fmt.Sprint(result), outputs: map[string]any{"result": float64(result)}}, nil
}

func uuid(inputs) (drawn, error) {
	value, err := randomBytes(16)
	if err != nil {
		return drawn{}, err
	}
	value[6] = value[6]&0x0f | 0x40 // version 4: random
	value[8] = value[8]&0x3f | 0x80
	result := fmt.Sprintf("%x-%x-%x-%x-%x", value[:4], value[4:6], value[6:8], value[8:10], value[10:])
	return drawn{id: result, outputs: map[string]any{"result": result}}, nil
}

var (
	adverbs    = []string{"barely", "boldly", "calmly", "gladly", "hardly", "kindly", "mostly", "nearly", "newly", "rarely", "surely", "warmly"}
	adjectives = []string{"able", "brave", "calm", "clever", "eager", "fair", "gentle", "happy", "keen", "modest", "quiet", "swift", "witty"}
	animals    = []string{"badger", "cat", "dolphin", "ferret", "gecko", "heron", "ibex", "lynx", "moose", "otter", "owl", "robin", "whale"}
)

// pet draws adverbs, an adjective and an animal, as many words as asked for.
func pet(in inputs) (drawn, error) {
	count := in.integer("length")
	if count < 1 {
		return drawn{}, fmt.Errorf("length is %d: must be at least 1", count)
	}
	words := make([]string, 0, count+1)
	if prefix := in.text("prefix"); prefix != "" {
		words = append(words, prefix)
	}
	for left := count; left > 0; left-- {
		list := [][]string{animals, adjectives, adverbs}[min(left, 3)-1]
		words = append(words, list[below(len(list))])
	}
	result := strings.Join(words, in.text("separator"))
	return drawn{id: result, outputs: map[string]any{}}, nil
}
