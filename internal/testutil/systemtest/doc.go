// Package systemtest runs the PRISM tools as a user types them: testscript
// scripts over the five real binaries, against the fake server of ollamatest
// (testdata/fake) and, where PRISM_TEST_OLLAMA names one that has the model
// prism-tiny, against a real server (testdata/real). It has only tests.
package systemtest
