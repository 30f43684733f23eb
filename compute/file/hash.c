#include "compute/file/hash.h"

#include "compute/replace.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define HEX   64
#define PIECE (4 << 20) // bytes between two reports

static void report(const char *path, goffset done, struct task *task)
{
    struct stat s;
    if (stat(path, &s) != 0) {
        return;
    }
    char *name = g_path_get_basename(path);
    task_tell(task, &(struct task_progress){
                        .stage = TASK_READING_FILE,
                        .fraction = s.st_size > done ? (double)done / (double)s.st_size : 1,
                        .seconds_left = -1,
                        .name = name});
    g_free(name);
}

char *file_sha256(const char *path, struct task *task, GError **error)
{
    GCancellable *cancellable = task_cancellable(task);
    GFile *file = g_file_new_for_path(path);
    GFileInputStream *in = g_file_read(file, cancellable, error);
    g_object_unref(file);
    if (!in) {
        return NULL;
    }
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    guchar *buffer = g_malloc(PIECE);
    goffset done = 0;
    gssize n;
    while ((n = g_input_stream_read(G_INPUT_STREAM(in), buffer, PIECE, cancellable, error)) > 0) {
        g_checksum_update(sum, buffer, n);
        report(path, done += n, task);
    }
    char *hex = n == 0 ? g_strdup(g_checksum_get_string(sum)) : NULL;
    g_free(buffer);
    g_checksum_free(sum);
    g_object_unref(in);
    return hex;
}

// What changes when a file does. The time of the last status change is among it: unlike the time of
// modification no program can set it back, so a copy over the file does not go unnoticed. NULL:
// no such file, or one so young that its next change might bear the same times.
static char *file_identity(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0 || g_get_real_time() / G_USEC_PER_SEC - s.st_ctim.tv_sec < 2) {
        return NULL;
    }
    return g_strdup_printf("%llu %llu %lld %lld.%09ld %lld.%09ld", (unsigned long long)s.st_dev,
                           (unsigned long long)s.st_ino, (long long)s.st_size,
                           (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                           (long long)s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
}

// Where the sum of a file is kept: <user cache>/tincture/hashes/<hash of its path>.
static char *kept_path(const char *path)
{
    char *whole = g_canonicalize_filename(path, NULL);
    char *name = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);
    char *kept = g_build_filename(g_get_user_cache_dir(), "tincture", "hashes", name, NULL);
    g_free(name);
    g_free(whole);
    return kept;
}

static bool is_sum(const char *text)
{
    return strlen(text) == HEX && strspn(text, "0123456789abcdef") == HEX;
}

// A kept line is the sum, a space and the identity.
static char *read_kept(const char *kept, const char *identity)
{
    char *line = NULL, *sum = NULL;
    if (g_file_get_contents(kept, &line, NULL, NULL) && strlen(line) > HEX && line[HEX] == ' ' &&
        g_str_equal(line + HEX + 1, identity)) {
        line[HEX] = '\0';
        sum = is_sum(line) ? g_strdup(line) : NULL;
    }
    g_free(line);
    return sum;
}

// A cache that cannot be written costs time only.
static void write_kept(const char *kept, const char *identity, const char *sum)
{
    char *folder = g_path_get_dirname(kept);
    char *line = g_strconcat(sum, " ", identity, NULL);
    GError *error = NULL;
    if (g_mkdir_with_parents(folder, 0700) != 0 ||
        !replacement_whole(kept, line, strlen(line), &error)) {
        g_info("the hash of a file is not kept: %s", error ? error->message : folder);
    }
    g_clear_error(&error);
    g_free(line);
    g_free(folder);
}

char *file_sha256_kept(const char *path, struct task *task, GError **error)
{
    char *before = file_identity(path), *kept = kept_path(path);
    char *sum = before ? read_kept(kept, before) : NULL;
    if (!sum && (sum = file_sha256(path, task, error)) && before) {
        char *after = file_identity(path); // changed while it was read: of no use tomorrow
        if (g_strcmp0(before, after) == 0) {
            write_kept(kept, before, sum);
        }
        g_free(after);
    }
    g_free(kept);
    g_free(before);
    return sum;
}
