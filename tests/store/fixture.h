// Libraries of the tests' own.
#pragma once

#include "ui/store/store_private.h"

// Takes a library back to when there was no trash.
#define WITHOUT_TRASH                                                                              \
    "DROP INDEX documents_deleted; DROP INDEX adapters_deleted; DROP INDEX results_plain;"         \
    "DROP TABLE words; DROP TABLE trash;"                                                          \
    "ALTER TABLE documents DROP COLUMN deleted; ALTER TABLE adapters DROP COLUMN deleted;"

char *fixture_dir(void); // a new empty folder, which fixture_run() removes at its end
int fixture_run(void);   // as g_test_run()
char *library_path(const char *dir);
struct store *open_ok(const char *dir);
struct store *open_copy(const char *dir, struct store_copy **copy); // filled; both are the caller's
// In the library, with a prompt; photo: relative path.
struct store_document make_document(struct store *s, const char *photo);
// The prompt of the newest document.
void assert_document(struct store *s, const char *prompt);
void set_prompt(struct store *s, const char *prompt);
