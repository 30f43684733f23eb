// What was learned before: adapters in a folder of the library, subjects each named after the
// words and classes in it.
#include "ui/core/subject_work_private.h"

#include <string.h>

#define SUFFIX  LIBRARY_SUFFIX
#define BETWEEN ", " // subjects of one file

GPtrArray *tincture_subject_work_known(TinctureSubjectWork *self)
{
    return library_files(self->library, self->lesson->folder);
}

// "<rex>" and "<mia>" of "/library/subjects/<rex> dog, <mia> cat.safetensors"; none where it is in
// another folder. NULL-terminated.
static char **words_of(TinctureSubjectWork *self, const char *path)
{
    g_autofree char *folder = store_path(self->library->store, LIBRARY_SUBJECTS);
    g_autofree char *its = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    char **words = g_strsplit(g_str_equal(folder, its) ? name : "", BETWEEN, -1);
    for (int i = 0; words[i]; i++) {
        words[i][strcspn(words[i], " ")] = '\0';
    }
    return words;
}

char *subject_known_by(TinctureSubjectWork *self, const char *word)
{
    g_autoptr(GPtrArray) known = tincture_subject_work_known(self);
    for (guint i = 0; i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        g_auto(GStrv) words = words_of(self, k->path);
        if (*word && g_strv_contains((const char *const *)words, word)) {
            return g_strdup(k->name);
        }
    }
    return NULL;
}

static bool share_a_word(char **a, char **b)
{
    bool share = false;
    for (int i = 0; a[i]; i++) {
        share = share || g_strv_contains((const char *const *)b, a[i]);
    }
    return share;
}

void tincture_subject_work_use(TinctureSubjectWork *self, const char *path)
{
    TinctureProject *p = self->project;
    g_auto(GStrv) words = words_of(self, path);
    g_autofree char *file = g_filename_display_basename(path);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
    bool there = false;
    for (guint i = 0; i < tincture_project_n_adapters(p); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(p, i);
        g_auto(GStrv) others = words_of(self, entry->path);
        if (g_str_equal(entry->path, path)) {
            there = true;
            tincture_project_adapter_set_enabled(p, entry->id, true);
        } else if (share_a_word(words, others)) {
            tincture_project_adapter_set_enabled(p, entry->id, false);
        }
    }
    if (!there) {
        library_use_adapter(self->library, path, name);
    }
}
