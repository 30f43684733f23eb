// What a process of the program begins with.
#pragma once

// For the beginning of main().
//
// The numbers 0, 1 and 2 are taken, where whoever started the program has closed them: the next
// file would have them, the driver's memory for instance, and be written over by what is meant for
// standard output. To write there then fails.
//
// Where a limit of the address space is set (ulimit -v), threads share heaps instead of taking 64
// MiB for each, and some mebibytes of the heap are had before all else, for what is small. So what
// is large fails first and is told, before something small, which GLib ends the program for, finds
// no room.
void process_prepare(void);
