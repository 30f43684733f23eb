// Runs a fuzz entry over files without a fuzzer: replay FILE|FOLDER...
// Each input is also cut short and changed byte by byte, in an order that is always the same. No
// input may take much memory: these are small pictures and files, whatever they say of themselves.
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANGES 2000 // a file

// Of the whole run. AddressSanitizer keeps what was freed, 256 MB of it, and its notes of all.
#ifdef __SANITIZE_ADDRESS__
#define PEAK_MB 1024
#else
#define PEAK_MB 512
#endif

static void replay_data(const uint8_t *data, size_t size)
{
    GRand *random = g_rand_new_with_seed(1);
    g_autofree uint8_t *copy = g_malloc(size + 1);
    LLVMFuzzerTestOneInput(data, size);
    for (int i = 0; size > 0 && i < CHANGES; i++) {
        size_t length =
            i % 4 ? size : (size_t)g_rand_int_range(random, 0, (int)MIN(size, G_MAXINT));
        memcpy(copy, data, size);
        for (int n = g_rand_int_range(random, 0, 4); n >= 0; n--) {
            // Headers are where the decisions are: most changes go to the first bytes.
            int within = (int)MIN(size, n % 2 ? (size_t)G_MAXINT : 256);
            copy[g_rand_int_range(random, 0, within)] = (uint8_t)g_rand_int(random);
        }
        LLVMFuzzerTestOneInput(copy, length);
    }
    g_rand_free(random);
}

// Files replayed.
static int replay(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    int count = 0;
    if (dir) {
        const char *name;
        while ((name = g_dir_read_name(dir))) {
            g_autofree char *child = g_build_filename(path, name, NULL);
            count += replay(child);
        }
        g_dir_close(dir);
        return count;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    gsize size;
    if (!g_file_get_contents(path, &data, &size, &error)) {
        g_error("%s", error->message);
    }
    replay_data((const uint8_t *)data, size);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        count += replay(argv[i]);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    g_print("%d files, at most %ld MB\n", count, usage.ru_maxrss >> 10);
    return count > 0 && usage.ru_maxrss >> 10 < PEAK_MB ? 0 : 1;
}
