// Package classify is the engine that labels rows: it makes batches of them,
// keeps calls to the model in flight, asks again for what did not come back
// right, and commits every finished row to the checkpoint at once and to the
// output in input order. What a prompt looks like, how a reply is read and how
// a server is spoken to, it leaves to the packages prompt, reply and server.
//
// The way of a row:
//
//  1. The reader (source.go) reads it, skips it if an earlier process finished it
//     or failed on it, and sends batches of the others to the coordinator.
//  2. The coordinator (engine.go), which alone changes the state of rows, starts a
//     goroutine for a batch: at most so many at once, and none while too many
//     finished rows wait for one before them.
//  3. The goroutine runs a round (round.go, call.go): it calls the model and reads
//     the reply, whose objects package reply matches to the rows by RowID; the retry
//     policy (policy.go) says what to do when that goes wrong. A student (student.go)
//     labels the rows without a call.
//  4. The coordinator settles the round (settle.go): labelled rows are appended to
//     the checkpoint and put into the reorder buffer; the others make new batches, or fail.
//  5. The reorder buffer (reorder.go) brings rows into input order. Rows of this process wait
//     there in memory; rows of an earlier one stay in the checkpoint.
//  6. The coordinator hands the writer (outputwriter.go) chunks of rows whose turn it is.
//     The writer reads those of an earlier process from the checkpoint, converts
//     each row once, and writes it.
//
// Only steps 1, 3 and 6 wait for something outside, each in its own goroutine.
package classify
