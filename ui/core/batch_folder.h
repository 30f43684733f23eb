// The folder that a batch exports to: which photo goes to which file, what is done already, and who
// is at work on what, also where several processes share it.
//
// A hidden folder in it keeps the recipe and the names, as JSON, and a file for each photo that is
// being worked on. These are locked (flock), so that they mean nothing any more once their process
// has ended, however it ended. A photo is done when its file is there, which it is as a whole or
// not at all.
//
// Thread: any, one at a time.
#pragma once

#include "compute/error.h"

#include <glib.h>
#include <stdbool.h>

// Makes the folder where it is missing, and gives each of the photos a name in it that nothing else
// has: its own with the suffix (as "-night.png") in the place of its ending, with a number where
// that is taken. A photo that has a name from before keeps it. recipe: what is done to each; where
// photos are there that were made by another one the error says in what they differ. photos:
// char *, paths as batch_source() makes them.
struct batch_folder;
struct batch_folder *batch_folder_open(const char *folder, const char *recipe, const char *suffix,
                                       const GPtrArray *photos, GError **error);
void batch_folder_free(struct batch_folder *f); // NULL is allowed

// The path behind all links by which a photo is known, newly allocated; a file that is not there
// has one, too.
char *batch_source(const char *path);
// A file of that name in the folder, newly allocated.
char *batch_folder_file(const struct batch_folder *f, const char *name);
// The file of one of the photos. Borrowed.
const char *batch_folder_target(const struct batch_folder *f, const char *photo);
// Whether the path, as batch_source(), is one that was exported here.
bool batch_folder_made(const struct batch_folder *f, const char *path);

enum batch_claim {
    BATCH_MINE,      // it is this one's to do, until batch_folder_release()
    BATCH_DONE,      // its file is there
    BATCH_ELSEWHERE, // another process is at it
    BATCH_FAILED,    // there is an error
};
// One photo at a time.
enum batch_claim batch_folder_claim(struct batch_folder *f, const char *photo, GError **error);
void batch_folder_release(struct batch_folder *f);
// Where the training of the claimed photo may keep its checkpoint; gone once the photo is done.
const char *batch_folder_checkpoint(const struct batch_folder *f);

// While one process writes what is of all photos, the others wait.
void batch_folder_lock(struct batch_folder *f);
void batch_folder_unlock(struct batch_folder *f);
