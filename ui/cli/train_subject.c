// Subjects as options say them: --class, --token and --image of one, or --subject of each.
#include "ui/cli/cli.h"

#include "ui/core/subject.h"

#include <string.h>

// What one request borrows.
struct folder {
    struct subject_album album;
    char *token, *kind;
};

static struct folder *folder_new(void)
{
    struct folder *f = g_new0(struct folder, 1);
    subject_album_init(&f->album);
    return f;
}

static void folder_free(struct folder *f)
{
    subject_album_clear(&f->album);
    g_free(f->token);
    g_free(f->kind);
    g_free(f);
}

static struct subject_request request_of(const struct cli *c, const struct folder *f)
{
    return (struct subject_request){
        .photos = (const struct subject_photo *)(void *)f->album.list->data,
        .n = (int)f->album.list->len,
        .token = f->token,
        .kind = f->kind,
        .settings = c->settings,
        .seed = (uint64_t)c->seed,
    };
}

// ---- one ----------------------------------------------------------------------------------------

static struct subject *one_subject(struct cli *c, const GPtrArray *photos, GError **error)
{
    struct folder *f = folder_new();
    const guint n_class = c->class_images ? g_strv_length(c->class_images) : 0;
    const guint n_read = photos->len - n_class; // with --region
    const guint n = g_strv_length(c->images);
    const struct subject_said said = {.usual = c->prompt};
    bool ok = true;
    f->token = g_strdup(c->token);
    f->kind = g_strdup(c->kind);
    for (guint i = 0; ok && i < n; i++) {
        struct photo *p =
            i < n_read ? photo_ref(photos->pdata[i]) : cli_photo(c, c->images[i], error);
        ok = subject_album_add(&f->album, c->images[i], p, &said, error);
    }
    struct subject_request q = request_of(c, f);
    q.class_photos = (const struct photo *const *)photos->pdata + n_read;
    q.n_class = (int)n_class;
    q.class_prompt = c->class_prompt;
    struct subject *s = ok ? subject_new(c->engine, &q, &cli_task, error) : NULL;
    folder_free(f);
    return s;
}

// ---- several ------------------------------------------------------------------------------------

// The two colons of FOLDER:NAME:WORD; false: it is none.
static bool find_colons(const char *text, const char **middle, const char **last)
{
    *last = strrchr(text, ':');
    *middle = *last ? g_strrstr_len(text, *last - text, ":") : NULL;
    return *middle && *middle > text && *last > *middle + 1 && (*last)[1];
}

bool cli_subject_check(const struct cli *c, GError **error)
{
    const char *middle, *last;
    for (int i = 0; c->subjects && c->subjects[i]; i++) {
        if (!find_colons(c->subjects[i], &middle, &last)) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--subject needs FOLDER:NAME:WORD, such as photos/rex:<rex>:dog, not "
                        "\"%s\"",
                        c->subjects[i]);
            return false;
        }
    }
    return true;
}

static bool read_folder(struct cli *c, const char *text, struct folder *f, GError **error)
{
    const char *middle, *last;
    find_colons(text, &middle, &last);
    g_autofree char *folder = g_strndup(text, (gsize)(middle - text));
    f->token = g_strndup(middle + 1, (gsize)(last - middle - 1));
    f->kind = g_strdup(last + 1);
    g_autoptr(GPtrArray) paths = cli_photos_in(c, folder, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];
        if (!subject_album_add(&f->album, path, cli_photo(c, path, error), NULL, error)) {
            return false;
        }
    }
    return paths != NULL;
}

static struct subject *several_subjects(struct cli *c, GError **error)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(struct subject_request));
    for (int i = 0; c->subjects[i]; i++) {
        struct folder *f = folder_new();
        g_ptr_array_add(folders, f);
        if (!read_folder(c, c->subjects[i], f, error)) {
            return NULL;
        }
        const struct subject_request q = request_of(c, f);
        g_array_append_val(list, q);
    }
    return subjects_new(c->engine, (const struct subject_request *)(void *)list->data,
                        (int)list->len, &cli_task, error);
}

struct subject *cli_subject(struct cli *c, const GPtrArray *photos, GError **error)
{
    return c->subjects ? several_subjects(c, error) : one_subject(c, photos, error);
}
