// Opening a photo. The file is read on the reader thread, so that a slow disk holds up neither the
// window nor a training; what was read is decoded on the engine thread, and goes into the library
// only when it is a picture.
//
// Takes path or bytes, title (whose suffix the library's copy gets), folder (the library's; NULL:
// no copy is kept), file (relative path of its copy, where a document has one already; read from
// elsewhere it must be the same picture) and the id of that document. Ends with the photo, its
// picture, the model's hash and a note; in.file is known then.
#include "compute/i18n.h"
#include "compute/replace.h"
#include "render/file.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#define VIEW_SIDE       1600      // pixels of the window's picture
#define MAX_PHOTO_BYTES (1 << 30) // of a file
#define READ_BYTES      (1 << 20) // between two looks at the cancellable

// ---- the reader thread --------------------------------------------------------------------------

static bool fail_errno(int code, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), g_strerror(code));
    return false;
}

// Models and videos are larger than any photo.
static bool fail_large(int fd, GError **error)
{
    uint8_t first[4096];
    const ssize_t n = read(fd, first, sizeof first);
    g_autoptr(GBytes) bytes = g_bytes_new(first, (gsize)MAX(n, 0));
    g_autofree char *reason = image_refused(bytes);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s",
                reason ? reason : _("the file is too large for a photo"));
    return false;
}

// A pipe or a device would never end.
static bool check_file(int fd, gsize *size, GError **error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return fail_errno(errno, error);
    }
    if (!S_ISREG(info.st_mode)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                            S_ISDIR(info.st_mode) ? _("this is a folder, and pictures are files")
                                                  : _("this is not a file"));
        return false;
    }
    if (info.st_size > MAX_PHOTO_BYTES) {
        return fail_large(fd, error);
    }
    *size = (gsize)info.st_size;
    return true;
}

// The file as long as it was at the beginning, or shorter where it has been cut since.
static bool read_all(TinctureJob *job, int fd, gsize size, GByteArray *out, GError **error)
{
    while (out->len < size) {
        const guint at = out->len;
        const gsize wanted = MIN(size - at, READ_BYTES);
        g_byte_array_set_size(out, at + (guint)wanted);
        ssize_t n = read(fd, out->data + at, wanted);
        const int code = errno;
        g_byte_array_set_size(out, at + (guint)MAX(n, 0));
        if (n < 0 && code != EINTR) {
            return fail_errno(code, error);
        }
        if (n == 0) {
            break;
        }
        task_report(&job->task, TASK_READING_PHOTO, (double)out->len / (double)size);
        if (task_cancelled(&job->task, error)) {
            return false;
        }
    }
    return true;
}

static GBytes *read_photo(TinctureJob *job, GError **error)
{
    int fd = open(job->in.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); // waits for no pipe
    if (fd < 0) {
        fail_errno(errno, error);
        return NULL;
    }
    gsize size = 0;
    GByteArray *out = g_byte_array_new();
    bool ok = check_file(fd, &size, error) && read_all(job, fd, size, out, error);
    close(fd);
    GBytes *bytes = g_byte_array_free_to_bytes(out);
    if (!ok) {
        g_clear_pointer(&bytes, g_bytes_unref);
    }
    return bytes;
}

// Photos are kept under the hash of their bytes, so that opening one again finds its document.
static char *photo_name(GBytes *bytes, const char *name)
{
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    const char *dot = name ? strrchr(name, '.') : NULL;
    bool plain = dot && strlen(dot) <= 6 && !strchr(dot, '/');
    return g_strdup_printf("photos/%s%s", hash, plain ? dot : "");
}

// What is to come into the place of a copy that is lost.
static bool check_same(const struct job_inputs *in, GError **error)
{
    g_autofree char *own = g_build_filename(in->folder, in->file, NULL);
    g_autofree char *name = photo_name(in->bytes, NULL);
    if (g_strcmp0(own, in->path) == 0 || g_str_has_prefix(in->file, name)) {
        return true;
    }
    g_autofree char *file = g_filename_display_basename(in->path);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                _("%s is another picture than the one that is missing"), file);
    return false;
}

static bool prepare(TinctureJob *job, GError **error)
{
    struct job_inputs *in = &job->in;
    if (!in->bytes && !(in->bytes = read_photo(job, error))) {
        return false;
    }
    if (in->file) {
        return check_same(in, error);
    }
    in->file = photo_name(in->bytes, in->title);
    return true;
}

// ---- the engine thread --------------------------------------------------------------------------

// A copy that a disk or another program has damaged is replaced by the photo that is opened again.
static bool copy_is_whole(const char *path, const char *data, gsize size)
{
    GMappedFile *copy = g_mapped_file_new(path, FALSE, NULL);
    const bool whole = copy && g_mapped_file_get_length(copy) == size &&
                       memcmp(g_mapped_file_get_contents(copy), data, size) == 0;
    g_clear_pointer(&copy, g_mapped_file_unref);
    return whole;
}

static bool keep_copy(const struct job_inputs *in, GError **error)
{
    g_autofree char *path = g_build_filename(in->folder, in->file, NULL);
    gsize size;
    const char *data = g_bytes_get_data(in->bytes, &size);
    if (copy_is_whole(path, data, size)) {
        utime(path, NULL); // a file that was just used is not tidied away before it has its row
        return true;
    }
    const bool ok = replacement_whole(path, data, size, error);
    if (!ok) {
        g_prefix_error_literal(error, _("the library cannot take it: "));
    }
    return ok;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    task_report(&job->task, TASK_OPENING_PHOTO, -1.0);
    struct image *full =
        engine_ready(e, error) ? image_load_bytes(job->in.bytes, &job->task, error) : NULL;
    if (!full || task_cancelled(&job->task, error)) {
        image_free(full);
        return false;
    }
    // The library's copy comes last: of a photo that was stopped there is none.
    struct photo *photo = engine_photo(e, full, 0, VIEW_SIDE, error);
    if (!photo || task_cancelled(&job->task, error) ||
        (job->in.folder && !keep_copy(&job->in, error))) {
        photo_unref(photo);
        return false;
    }
    job->out.photo = photo;
    job->out.model_hash = g_strdup(model_known_hash(e->model, MODEL_UNET));
    job->out.view = picture_from_image(photo->view);
    job->out.note = g_strdup(full->meta.note);
    return true;
}

const struct job_type open_job = {
    .member = {.name = "open", .title = N_("Opening"), .summary = N_("Opens a photo")},
    .prepare = prepare,
    .run = run,
};
