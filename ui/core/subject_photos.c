// Photos of subjects: they are read on threads of their own, so that a slow disk holds up nothing.
#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"
#include "render/file.h"
#include "ui/core/picture_folder.h"
#include "ui/core/subject.h"

#include <string.h>

#define THUMB_SIDE  192
#define FAULTS_TOLD 3

void subject_view_free(void *data)
{
    struct subject_view *v = data;
    g_free(v->name);
    g_free(v->caption);
    picture_clear(&v->thumb);
    g_free(v);
}

// ---- reading ------------------------------------------------------------------------------------

// The photo at a size that only says where a mask belongs.
static struct subject_view *read_view(const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *full = image_load_whole(file, NULL, error);
    struct photo *photo = full ? photo_new(full, 64, 8, 0, error) : NULL;
    struct subject_file *beside = photo ? subject_file_read(path, photo, error) : NULL;
    struct subject_view *view = NULL;
    if (beside) {
        view = g_new0(struct subject_view, 1);
        *view = (struct subject_view){
            .name = g_filename_display_basename(path),
            .caption = g_strdup(beside->caption),
            .masked = beside->mask || photo->full->alpha,
            .width = photo->full->width,
            .height = photo->full->height,
            .thumb = picture_shrink(photo->full, THUMB_SIDE),
        };
        subject_file_free(beside);
    }
    photo_unref(photo);
    return view;
}

// What is at a path.
struct found {
    struct subject_view *view; // a photo ...
    GPtrArray *inside;         // ... or a folder: char *, of those in it
};

static void found_free(void *data)
{
    struct found *f = data;
    g_clear_pointer(&f->view, subject_view_free);
    g_clear_pointer(&f->inside, g_ptr_array_unref);
    g_free(f);
}

static void reading_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
    GError *error = NULL;
    struct found *f = g_new0(struct found, 1);
    if (!g_cancellable_set_error_if_cancelled(cancel, &error)) {
        const bool folder = g_file_test(data, G_FILE_TEST_IS_DIR);
        f->inside = folder ? picture_folder(data, &error) : NULL;
        f->view = folder ? NULL : read_view(data, &error);
    }
    if (f->view || f->inside) {
        g_task_return_pointer(task, f, found_free);
    } else {
        found_free(f);
        g_task_return_error(task, error);
    }
}

static void tell_faults(TinctureSubjectWork *self)
{
    if (self->n_faults == 0) {
        return;
    }
    const guint more = self->n_faults > FAULTS_TOLD ? self->n_faults - FAULTS_TOLD : 0;
    tincture_project_say(self->project, MESSAGE_ERROR,
                         more ? _("Left out: %s; %u more") : _("Left out: %s"), self->faults->str,
                         more);
    g_string_set_size(self->faults, 0);
    self->n_faults = 0;
}

static bool is_wanted(TinctureSubjectWork *self, const char *path)
{
    bool wanted = false;
    for (guint i = 0; i < self->draft.subjects->len; i++) {
        wanted = wanted || subject_entry_find(subject_draft_at(&self->draft, i), path) >= 0;
    }
    return wanted;
}

static void leave_out(TinctureSubjectWork *self, const char *path, const GError *error)
{
    if (self->n_faults++ < FAULTS_TOLD) {
        subject_fault_add(self->faults, path, error);
    }
    for (guint i = 0; i < self->draft.subjects->len; i++) {
        const struct subject_entry *entry = subject_draft_at(&self->draft, i);
        const int at = subject_entry_find(entry, path);
        if (at >= 0) {
            g_ptr_array_remove_index(entry->shots, (guint)at);
        }
    }
}

// Returns whether the list has it only now.
static bool add_path(TinctureSubjectWork *self, const struct subject_entry *entry, guint at,
                     const char *path)
{
    if (subject_entry_find(entry, path) >= 0) {
        return false;
    }
    subject_work_read_photo(self, path);
    g_ptr_array_insert(entry->shots, (gint)at, subject_shot_new(path));
    return true;
}

// The photos take the place of their folder.
static void open_folder(TinctureSubjectWork *self, const char *folder, const GPtrArray *inside)
{
    for (guint i = 0; i < self->draft.subjects->len; i++) {
        const struct subject_entry *entry = subject_draft_at(&self->draft, i);
        const int found = subject_entry_find(entry, folder);
        guint at = (guint)MAX(found, 0);
        if (found >= 0) {
            g_ptr_array_remove_index(entry->shots, at);
        }
        for (guint k = 0; found >= 0 && k < inside->len; k++) {
            at += add_path(self, entry, at, inside->pdata[k]);
        }
    }
}

static void read_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureSubjectWork) self = data;
    g_autoptr(GError) error = NULL;
    const char *path = g_task_get_task_data(G_TASK(result));
    struct found *f = g_task_propagate_pointer(G_TASK(result), &error);
    if (g_cancellable_is_cancelled(self->cancel)) { // at the close
        g_clear_pointer(&f, found_free);
        return;
    }
    if (f && f->view) {
        g_hash_table_replace(self->views, g_strdup(path), g_steal_pointer(&f->view));
    } else if (f) {
        open_folder(self, path, f->inside);
    } else if (is_wanted(self, path)) {
        leave_out(self, path, error);
    }
    g_clear_pointer(&f, found_free);
    if (--self->reading == 0) {
        tell_faults(self);
    }
    subject_work_edited(self);
}

void subject_work_read_photo(TinctureSubjectWork *self, const char *path)
{
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, self->cancel, read_cb, g_object_ref(self));
    g_task_set_task_data(task, g_strdup(path), g_free);
    self->reading++;
    g_task_run_in_thread(task, reading_thread);
}

const struct subject_view *tincture_subject_work_view(TinctureSubjectWork *self,
                                                      const struct subject_shot *shot)
{
    return g_hash_table_lookup(self->views, shot->path);
}

bool tincture_subject_work_has_mask(TinctureSubjectWork *self, const struct subject_shot *shot)
{
    const struct subject_view *view = tincture_subject_work_view(self, shot);
    return shot->masked ? shot->mask != NULL : view && view->masked;
}

void tincture_subject_work_say(TinctureSubjectWork *self, struct subject_shot *shot,
                               const struct subject_shot *said)
{
    g_free(shot->caption);
    mask_unref(shot->mask);
    shot->caption = g_strdup(said->caption);
    shot->crop = said->crop;
    shot->masked = said->masked;
    shot->mask = said->masked && said->mask ? mask_ref(said->mask) : NULL;
    subject_work_edited(self);
}

// ---- adding and removing ------------------------------------------------------------------------

guint tincture_subject_work_next(TinctureSubjectWork *self)
{
    const guint n = self->draft.subjects->len;
    guint i = 0;
    while (i < n - 1 && subject_draft_at(&self->draft, i)->shots->len > 0) {
        i++;
    }
    return i;
}

void tincture_subject_work_add(TinctureSubjectWork *self, guint subject, const char *const *paths)
{
    const struct subject_entry *entry = subject_draft_at(&self->draft, subject);
    for (int i = 0; paths[i]; i++) {
        g_autofree char *path = g_canonicalize_filename(paths[i], NULL);
        add_path(self, entry, entry->shots->len, path);
    }
    subject_work_edited(self);
}

void subject_removed_free(void *data)
{
    struct subject_removed *r = data;
    subject_shot_free(r->shot);
    subject_entry_free(r->entry);
    g_clear_pointer(&r->shots, g_ptr_array_unref);
    g_free(r);
}

static gint64 note_removed(TinctureSubjectWork *self, struct subject_removed removed)
{
    removed.number = ++self->last_removed;
    g_ptr_array_add(self->removed, g_memdup2(&removed, sizeof removed));
    subject_work_edited(self);
    return removed.number;
}

gint64 tincture_subject_work_remove(TinctureSubjectWork *self, guint subject, guint photo)
{
    GPtrArray *shots = subject_draft_at(&self->draft, subject)->shots;
    return note_removed(
        self, (struct subject_removed){
                  .subject = subject, .at = photo, .shot = g_ptr_array_steal_index(shots, photo)});
}

gint64 tincture_subject_work_remove_subject(TinctureSubjectWork *self, guint subject)
{
    struct subject_removed removed = {.subject = subject};
    g_return_val_if_fail(self->draft.subjects->len > 1, 0);
    if (self->draft.subjects->len > self->lesson->least) {
        removed.entry = subject_draft_take(&self->draft, subject);
    } else { // the list stays
        struct subject_entry *entry = subject_draft_at(&self->draft, subject);
        removed.shots = g_steal_pointer(&entry->shots);
        entry->shots = g_ptr_array_new_with_free_func((GDestroyNotify)subject_shot_free);
    }
    return note_removed(self, removed);
}

// The subject that it was of may be gone meanwhile, and others be in its place. Takes the photo.
static void put_shot(TinctureSubjectWork *self, guint subject, guint at, struct subject_shot *shot)
{
    const guint n = self->draft.subjects->len;
    const struct subject_entry *entry = subject_draft_at(&self->draft, MIN(subject, n - 1));
    if (subject_entry_find(entry, shot->path) < 0) {
        g_ptr_array_insert(entry->shots, (gint)MIN(at, entry->shots->len), shot);
    } else {
        subject_shot_free(shot);
    }
}

static void put_shots(TinctureSubjectWork *self, const struct subject_removed *r)
{
    for (guint i = 0; r->shots->len > 0; i++) {
        put_shot(self, r->subject, i, g_ptr_array_steal_index(r->shots, 0));
    }
}

void tincture_subject_work_put_back(TinctureSubjectWork *self, gint64 number)
{
    guint i = self->removed->len;
    while (i > 0 && number &&
           ((struct subject_removed *)self->removed->pdata[i - 1])->number != number) {
        i--;
    }
    if (i == 0) {
        return;
    }
    struct subject_removed *r = self->removed->pdata[i - 1];
    if (r->shot) {
        put_shot(self, r->subject, r->at, g_steal_pointer(&r->shot));
    } else if (r->shots) {
        put_shots(self, r);
    } else if (self->draft.subjects->len < self->lesson->most) {
        subject_draft_insert(&self->draft, MIN(r->subject, self->draft.subjects->len),
                             g_steal_pointer(&r->entry));
    }
    g_ptr_array_remove_index(self->removed, i - 1);
    subject_work_edited(self);
}
