// What a start of the program and its saving do with the library, without a window.
//
// fault-library save FOLDER TEXT   opens the library, makes TEXT the prompt of its document, and
//                                  keeps TEXT as the copy of a photo
// fault-library check FOLDER       prints the prompt and the copy
// fault-library run FOLDER         changes both until it is killed, and prints what it has kept
//
// Failures are one sentence and status 1.
#include "compute/replace.h"
#include "ui/store/store.h"

#include <stdio.h>
#include <string.h>

static char *copy_path(struct store *s)
{
    return store_own_path(s, "photos/photo.png");
}

static bool save(struct store *s, const char *text, GError **error)
{
    struct store_document d = {0};
    g_autofree char *copy = copy_path(s);
    GError *failure = NULL;
    if (!store_document_load(s, 0, &d, &failure) && !failure) {
        d = (struct store_document){.name = g_strdup("photo"),
                                    .photo = g_strdup("photos/photo.png"),
                                    .source_prompt = g_strdup(""),
                                    .negative = g_strdup(""),
                                    .params = g_strdup("{}"),
                                    .learn = g_strdup("{}")};
    }
    g_free(d.prompt);
    d.prompt = g_strdup(text);
    const bool ok = !failure && replacement_whole(copy, text, strlen(text), &failure) &&
                    store_document_save(s, &d, &failure);
    store_document_clear(&d);
    if (failure) {
        g_propagate_error(error, failure);
    }
    return ok;
}

static bool check(struct store *s, GError **error)
{
    struct store_document d = {0};
    g_autofree char *path = copy_path(s), *copy = NULL;
    const bool ok =
        store_document_load(s, 0, &d, error) && g_file_get_contents(path, &copy, NULL, error);
    if (ok) {
        g_print("%s\n%s\n", d.prompt, copy);
    }
    store_document_clear(&d);
    return ok;
}

static bool run(struct store *s, GError **error)
{
    bool ok = true;
    for (int i = 1; ok; i++) {
        g_autofree char *text = g_strdup_printf("%d", i);
        ok = save(s, text, error);
        printf("%s\n", text);
        fflush(stdout);
    }
    return ok;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc < 3) {
        return 2;
    }
    g_autofree char *left = NULL;
    struct store *s = store_open(argv[2], &error);
    bool ok = s != NULL;
    if (ok) {
        left = store_opening_left(s);
        store_opening(s, "photo");
        ok = g_str_equal(argv[1], "save")    ? save(s, argv[3], &error)
             : g_str_equal(argv[1], "check") ? check(s, &error)
                                             : run(s, &error);
        store_opening(s, NULL);
        store_close(s);
    }
    if (!ok) {
        fprintf(stderr, "fault-library: %s\n", error ? error->message : "nothing is there");
    }
    return ok ? 0 : 1;
}
