// Package sourcetest holds the tests that read PRISM's own source: names, sizes,
// messages, exports and the order of the packages. It has no other code.
package sourcetest
