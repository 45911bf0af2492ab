// Package config is the one YAML file: its keys, what each key stands for when the file leaves it out, and what is wrong
// with a file. Unknown keys are refused, the zero value of every key is the safe one, and no secret is in the file: a key
// that ends in _file names a file that holds one. It turns the file's words into the settings of the stages.
package config
