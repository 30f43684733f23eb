// Fills a library for other tests, and measures how fast its lists are.
//
//   fill-library DIR DOCUMENTS RESULTS SIDE PHOTO [ADAPTER]   documents, results in all, their side
//   fill-library --times DIR                                  opening, list, searches, deletion
//
// Each document has a copy of PHOTO of its own (some bytes are added), every tenth a star on each
// other result, and with ADAPTER every document has one.
#include "ui/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utime.h>

static const char *const things[] = {"dandelion", "cat",   "lighthouse", "bicycle", "meadow",
                                     "teapot",    "horse", "mountain",   "violin",  "bridge"};
static const char *const looks[] = {"purple",        "orange",        "in the snow", "at night",
                                    "as a painting", "made of glass", "rusty",       "in spring",
                                    "golden",        "striped"};

static void need(bool ok, const GError *error)
{
    if (!ok) {
        fprintf(stderr, "%s\n", error ? error->message : "failed");
        exit(1);
    }
}

static const char *pick(const char *const *words, int i)
{
    return words[i % 10];
}

// Photos are named after their hash, as the program names them.
static char *copy_file(const char *dir, const char *folder, const char *name, const char *source)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size;
    const bool photo = g_str_equal(folder, "photos");
    need(g_file_get_contents(source, &bytes, &size, &error), error);
    g_autofree guchar *more = g_malloc(size + strlen(name));
    memcpy(more, bytes, size);
    memcpy(more + size, name, strlen(name));
    size += photo ? strlen(name) : 0;
    g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, more, size);
    char *relative =
        photo ? g_strdup_printf("photos/%s.png", hash) : g_strdup_printf("%s/%s", folder, name);
    g_autofree char *path = g_build_filename(dir, relative, NULL);
    need(g_file_set_contents(path, (char *)more, (gssize)size, &error), error);
    const time_t then = time(NULL) - 3600;
    utime(path, &(struct utimbuf){then, then});
    return relative;
}

static gint64 add_document(struct store *s, int i, const char *photo)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("IMG_%04d.png", i);
    g_autofree char *source =
        g_strdup_printf("a photograph of a %s and a %s", pick(things, i), pick(things, i / 10));
    g_autofree char *file = copy_file(store_dir(s), "photos", name, photo);
    struct store_document d = {.name = name,
                               .photo = file,
                               .source_prompt = source,
                               .prompt = source,
                               .negative = "",
                               .params = "{}",
                               .learn = "{}"};
    need(store_document_save(s, &d, &error), error);
    return d.id;
}

static gint64 add_adapter(struct store *s, gint64 document, int i, const char *adapter)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("%d.safetensors", i);
    g_autofree char *file = copy_file(store_dir(s), "adapters", name, adapter);
    struct store_adapter a = {.document = document,
                              .name = "learned",
                              .path = file,
                              .method = "svdiff",
                              .scale = 1,
                              .enabled = true,
                              .listed = true};
    need(store_adapter_save(s, &a, &error), error);
    return a.id;
}

static void add_result(struct store *s, gint64 document, gint64 adapter, int i, int side)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *prompt = g_strdup_printf("a photograph of a %s %s, number %d",
                                              pick(looks, i / 7), pick(things, i), i);
    g_autofree char *recipe = g_strdup_printf(
        "{\"prompt\":\"%s\",\"adapters\":[{\"id\":%" G_GINT64_FORMAT ",\"scale\":1}]}", prompt,
        adapter);
    guint8 *bytes = g_malloc((gsize)side * side * 12), *small = g_malloc(96 * 96 * 4);
    memset(bytes, i, (gsize)side * side * 12);
    memset(small, i, 96 * 96 * 4);
    g_autoptr(GBytes) pixels = g_bytes_new_take(bytes, (gsize)side * side * 12);
    g_autoptr(GBytes) thumb = g_bytes_new_take(small, 96 * 96 * 4);
    struct store_result r = {.document = document,
                             .prompt = prompt,
                             .recipe = recipe,
                             .created = 1700000000 + i,
                             .thumb = thumb,
                             .thumb_width = 96,
                             .thumb_height = 96,
                             .pixels = pixels,
                             .width = side,
                             .height = side,
                             .starred = document % 10 == 0 && i % 2};
    need(store_result_save(s, &r, &error), error);
}

static void fill(char **args, int n)
{
    g_autoptr(GError) error = NULL;
    const int documents = atoi(args[1]), results = atoi(args[2]), side = atoi(args[3]);
    struct store *s = store_open(args[0], &error);
    need(s, error);
    for (int i = 0; i < documents; i++) {
        need(store_together(s, &error), error);
        const gint64 document = add_document(s, i, args[4]);
        const gint64 adapter = n > 5 ? add_adapter(s, document, i, args[5]) : 0;
        for (int k = results * i / documents; k < results * (i + 1) / documents; k++) {
            add_result(s, document, adapter, k, side);
        }
        need(store_together_end(s, true, &error), error);
    }
    store_close(s);
}

// ---- times --------------------------------------------------------------------------------------

// Of this process: a machine that does other things, too, changes it little.
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static guint list_all(struct store *s, const char *words, enum store_order order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all =
        store_documents(s, &(struct store_query){.words = words, .order = order}, &error);
    need(all != NULL, error);
    return all->len;
}

// Each beginning of the words, as one types.
static void time_search(struct store *s, const char *words)
{
    double worst = 0, sum = 0;
    guint found = 0;
    const int n = (int)strlen(words);
    for (int i = 1; i <= n; i++) {
        g_autofree char *typed = g_strndup(words, (gsize)i);
        const double begin = now_ms();
        found = list_all(s, typed, STORE_NEWEST);
        const double took = now_ms() - begin;
        worst = MAX(worst, took);
        sum += took;
    }
    printf("search \"%s\": %.1f ms a key, at most %.1f, %u found\n", words, sum / n, worst, found);
}

static void times(const char *dir)
{
    g_autoptr(GError) error = NULL;
    double begin = now_ms();
    struct store *s = store_open(dir, &error);
    need(s, error);
    printf("open: %.1f ms\n", now_ms() - begin);
    for (int order = 0; order < STORE_ORDERS; order++) {
        begin = now_ms();
        const guint n = list_all(s, NULL, (enum store_order)order);
        printf("list %u documents, order %d: %.1f ms\n", n, order, now_ms() - begin);
    }
    static const char *const searches[] = {"purple dandelion", "photograph of a lighthouse",
                                           "img_0123", "violin 1234", "zebra"};
    for (size_t i = 0; i < G_N_ELEMENTS(searches); i++) {
        time_search(s, searches[i]);
    }
    struct store_use use;
    begin = now_ms();
    need(store_use(s, &use, &error), error);
    printf("sizes: %.1f ms (%.2f GB)\n", now_ms() - begin, (double)use.bytes * 1e-9);
    begin = now_ms();
    need(store_delete(s, STORE_DOCUMENT, 1, &error), error);
    printf("delete a document: %.1f ms\n", now_ms() - begin);
    begin = now_ms();
    need(store_restore(s, STORE_DOCUMENT, 1, &error), error);
    printf("and undo: %.1f ms\n", now_ms() - begin);
    store_close(s);
}

int main(int argc, char **argv)
{
    if (argc == 3 && g_str_equal(argv[1], "--times")) {
        times(argv[2]);
    } else if (argc >= 6) {
        fill(argv + 1, argc - 1);
    } else {
        return 2;
    }
    return 0;
}
