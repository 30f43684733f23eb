// Opening a photo. The file is read on the reader thread, so that a slow disk holds up neither the
// window nor a training; what was read is decoded on the engine thread, and goes into the library
// only when it is a picture.
#include "ui/core/jobs_private.h"

#include "render/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VIEW_SIDE       1600      // pixels of the window's picture
#define MAX_PHOTO_BYTES (1 << 30) // of a file
#define READ_BYTES      (1 << 20) // between two looks at the cancellable

struct job_open {
    struct job job;
    char *path;    // what to read; NULL: bytes are there already
    char *library; // folder of the library; NULL: the photo is in it already
    char *name;    // its suffix becomes the copy's
    GBytes *bytes; // the encoded photo
    char *photo;   // results: relative path in the library
    struct picture before;
    int width, height;
    char *note;
};

// ---- the reader thread --------------------------------------------------------------------------

static bool fail_errno(int code, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), g_strerror(code));
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
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "this is not a file");
        return false;
    }
    if (info.st_size > MAX_PHOTO_BYTES) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "the file is too large for a photo");
        return false;
    }
    *size = (gsize)info.st_size;
    return true;
}

// The file as long as it was at the beginning, or shorter where it has been cut since.
static bool read_all(struct job_open *j, struct worker *w, int fd, gsize size, GByteArray *out)
{
    struct reporter r = {w, &j->job};
    while (out->len < size) {
        const guint at = out->len;
        const gsize wanted = MIN(size - at, READ_BYTES);
        g_byte_array_set_size(out, at + (guint)wanted);
        ssize_t n = read(fd, out->data + at, wanted);
        const int code = errno;
        g_byte_array_set_size(out, at + (guint)MAX(n, 0));
        if (n < 0 && code != EINTR) {
            return fail_errno(code, &j->job.error);
        }
        if (n == 0) {
            break;
        }
        job_report(&r, (double)out->len / (double)size, "reading the photo", -1.0);
        if (g_cancellable_set_error_if_cancelled(j->job.cancel, &j->job.error)) {
            return false;
        }
    }
    return true;
}

static GBytes *read_photo(struct job_open *j, struct worker *w)
{
    int fd = open(j->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); // waits for no pipe
    if (fd < 0) {
        fail_errno(errno, &j->job.error);
        return NULL;
    }
    gsize size = 0;
    GByteArray *out = g_byte_array_new();
    bool ok = check_file(fd, &size, &j->job.error) && read_all(j, w, fd, size, out);
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

static bool open_prepare(struct job *job, struct worker *w)
{
    struct job_open *j = (struct job_open *)job;
    if (!j->bytes && !(j->bytes = read_photo(j, w))) {
        return false;
    }
    if (j->library) {
        j->photo = photo_name(j->bytes, j->name);
    }
    return true;
}

// ---- the engine thread --------------------------------------------------------------------------

static bool keep_copy(const struct job_open *j, GError **error)
{
    if (!j->library) {
        return true;
    }
    g_autofree char *path = g_build_filename(j->library, j->photo, NULL);
    gsize size;
    const char *data = g_bytes_get_data(j->bytes, &size);
    if (g_file_test(path, G_FILE_TEST_EXISTS) ||
        g_file_set_contents_full(path, data, (gssize)size,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 error)) {
        return true;
    }
    g_prefix_error_literal(error, "the library cannot take it: ");
    return false;
}

static bool open_run(struct job *job, struct worker *w)
{
    struct job_open *j = (struct job_open *)job;
    struct reporter r = {w, job};
    job_report(&r, -1.0, "opening the photo", -1.0);
    struct image *full =
        job_needs_engine(job, w) ? image_load_bytes(j->bytes, job->cancel, &job->error) : NULL;
    if (!full || g_cancellable_set_error_if_cancelled(job->cancel, &job->error)) {
        image_free(full);
        return false;
    }
    // The library's copy comes last: of a photo that was stopped there is none.
    struct photo *photo = engine_photo(w->engine, full, 0, VIEW_SIDE, &job->error);
    if (!photo || g_cancellable_set_error_if_cancelled(job->cancel, &job->error) ||
        !keep_copy(j, &job->error)) {
        photo_unref(photo);
        return false;
    }
    worker_photo_clear(w);
    w->photo = photo;
    j->before = picture_from_image(photo->view);
    j->width = full->width;
    j->height = full->height;
    j->note = g_strdup(full->meta.note);
    return true;
}

static void open_done(struct job *job, TinctureSession *session)
{
    struct job_open *j = (struct job_open *)job;
    if (session) {
        session_opened(session, job, j->photo, picture_take(&j->before), j->width, j->height,
                       j->note);
    }
}

static void open_free(struct job *job)
{
    struct job_open *j = (struct job_open *)job;
    g_free(j->path);
    g_free(j->library);
    g_free(j->name);
    g_clear_pointer(&j->bytes, g_bytes_unref);
    g_free(j->photo);
    g_free(j->note);
    picture_clear(&j->before);
}

struct job *job_open_new(const char *path, GBytes *bytes, const char *library, const char *name)
{
    struct job_open *j = job_new(sizeof *j, JOB_OPEN, open_run, open_done, open_free);
    j->job.prepare = open_prepare;
    j->path = g_strdup(path);
    j->bytes = bytes ? g_bytes_ref(bytes) : NULL;
    j->library = g_strdup(library);
    j->name = g_strdup(name);
    return &j->job;
}
