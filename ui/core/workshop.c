#include "ui/core/workshop.h"

#include "compute/i18n.h"

#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <string.h>

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureWorkshop, tincture_workshop, G_TYPE_OBJECT)

#define STRENGTH "strength"
#define FACTOR(name, what, says)                                                                   \
    {                                                                                              \
        .key = name, .title = what, .help = says, .kind = SETTING_FLOAT, .min = 0, .max = 2,       \
        .def = 1                                                                                   \
    }

// The keys of the factors are names of groups of layers.
const struct setting workshop_strengths[] = {
    {.key = STRENGTH,
     .title = N_("Strength"),
     .help = N_("How much of the adapter goes in, everywhere"),
     .kind = SETTING_FLOAT,
     .min = -2,
     .max = 2,
     .slider_min = 0,
     .slider_max = 2,
     .def = 1},
    FACTOR("text", N_("Words"), N_("Factor for the text encoder")),
    FACTOR("down", N_("Layout"), N_("Factor for the down blocks, which settle what is where")),
    FACTOR("mid", N_("Middle"), N_("Factor for the middle block")),
    FACTOR("up", N_("Looks"), N_("Factor for the up blocks, which settle colours and textures")),
    FACTOR("ends", N_("Ends"), N_("Factor for the first and last layers, and for time")),
    FACTOR("self", N_("Self-attention"),
           N_("Factor for how parts of the picture look at each other")),
    FACTOR("cross", N_("Cross-attention"), N_("Factor for how the picture looks at the words")),
    FACTOR("conv", N_("Convolutions"), N_("Factor for the layers that see neighbouring pixels")),
    {0},
};
static const char *const places[] = {"text", "down", "mid", "up", "ends"};
static const char *const kinds[] = {"self", "cross", "conv"};

const struct setting workshop_rank = {
    .key = "rank",
    .title = N_("Rank"),
    .help = N_("0 keeps exactly what the parts do; a low rank makes a small file that comes near"),
    .kind = SETTING_INT,
    .min = 0,
    .max = 4096,
    .slider_max = 64,
};

static void changed(TinctureWorkshop *self)
{
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

// What was measured is not of what is chosen any more.
static void edited(TinctureWorkshop *self)
{
    self->asked++;
    g_clear_pointer(&self->study, adapter_study_free);
    g_clear_pointer(&self->outcome, g_free);
    changed(self);
}

// ---- the adapters that there are ----------------------------------------------------------------

static void item_free(void *data)
{
    struct workshop_item *i = data;
    g_free(i->name);
    g_free(i->path);
    g_free(i->fault);
    settings_free(i->strengths);
    g_free(i);
}

// "cat" of "/home/me/cat.safetensors".
static char *name_of(const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    const bool long_one = g_str_has_suffix(name, LIBRARY_SUFFIX);
    return g_strndup(name, strlen(name) - (long_one ? strlen(LIBRARY_SUFFIX) : 0));
}

static struct workshop_item *find(const GPtrArray *items, const char *path)
{
    for (guint i = 0; i < items->len; i++) {
        struct workshop_item *item = items->pdata[i];
        if (g_str_equal(item->path, path)) {
            return item;
        }
    }
    return NULL;
}

// Why it cannot be read, newly allocated; NULL: it looks well.
static char *fault_of(const char *path)
{
    g_autoptr(GError) error = NULL;
    return adapter_looks(path, &error) ? NULL : plain_text(error->message, TEXT_SENTENCE);
}

static struct workshop_item *add(GPtrArray *items, const char *name, const char *path)
{
    struct workshop_item *item = find(items, path);
    if (!item) {
        item = g_new0(struct workshop_item, 1);
        *item = (struct workshop_item){.name = plain_text(name, TEXT_NAME),
                                       .path = g_strdup(path),
                                       .fault = fault_of(path),
                                       .strengths = settings_new(workshop_strengths)};
        g_ptr_array_add(items, item);
    }
    return item;
}

static int by_name(const void *a, const void *b)
{
    const struct workshop_item *x = *(struct workshop_item *const *)a,
                               *y = *(struct workshop_item *const *)b;
    return g_utf8_collate(x->name, y->name);
}

// One that is there, and was not taken off the list.
static void offer(TinctureWorkshop *self, GPtrArray *items, const char *name, const char *path)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !workshop_list_is_removed(&self->list, path)) {
        add(items, name, path);
    }
}

static void add_files(TinctureWorkshop *self, GPtrArray *items, const char *folder)
{
    g_autoptr(GPtrArray) files = library_files(self->library, folder);
    for (guint i = 0; i < files->len; i++) {
        const struct library_file *f = files->pdata[i];
        offer(self, items, f->name, f->path);
    }
}

static void add_known(TinctureWorkshop *self, GPtrArray *items)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) known = store_adapters_known(self->library->store, &error);
    tincture_project_say_error(self->project, _("The photos' adapters cannot be listed"), error);
    for (guint i = 0; known && i < known->len; i++) {
        const struct store_adapter *a = known->pdata[i];
        g_autofree char *path = store_path(self->library->store, a->path);
        offer(self, items, a->name, path);
    }
}

static void add_added(TinctureWorkshop *self, GPtrArray *items)
{
    g_autoptr(GError) error = NULL;
    workshop_list_clear(&self->list);
    workshop_list_read(&self->list, self->library->store, &error);
    tincture_project_say_error(self->project, _("What was added here cannot be listed"), error);
    for (guint i = 0; i < self->list.added->len; i++) {
        g_autofree char *name = name_of(self->list.added->pdata[i]);
        offer(self, items, name, self->list.added->pdata[i]);
    }
}

void tincture_workshop_look(TinctureWorkshop *self)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(item_free);
    if (self->library->store) { // what is added without a library is known as long as this is
        add_added(self, items);
    }
    add_files(self, items, LIBRARY_MADE);
    add_files(self, items, LIBRARY_SUBJECTS);
    add_files(self, items, LIBRARY_STYLES);
    if (self->library->store) {
        add_known(self, items);
    }
    for (guint i = 0; i < self->items->len; i++) {
        const struct workshop_item *old = self->items->pdata[i];
        struct workshop_item *item = find(items, old->path);
        if (!self->library->store && !item) {
            item = add(items, old->name, old->path);
        }
        if (item && !item->fault) {
            item->chosen = old->chosen;
            settings_assign(item->strengths, old->strengths);
        }
    }
    g_ptr_array_sort(items, by_name);
    const guint chosen = tincture_workshop_n_chosen(self);
    g_ptr_array_unref(self->items);
    self->items = items;
    (tincture_workshop_n_chosen(self) == chosen ? changed : edited)(self); // files may be gone
}

static void keep_list(TinctureWorkshop *self)
{
    g_autoptr(GError) error = NULL;
    if (self->library->store && !workshop_list_write(&self->list, self->library->store, &error)) {
        tincture_project_say_error(self->project, _("The workshop's list could not be kept"),
                                   error);
    }
}

static void add_one(TinctureWorkshop *self, const char *path)
{
    g_autofree char *name = name_of(path);
    struct workshop_item *item = find(self->items, path);
    if (item && item->fault) { // it may have been mended
        g_free(item->fault);
        item->fault = fault_of(path);
    }
    item = item ? item : add(self->items, name, path);
    item->chosen = true;
    workshop_list_put(&self->list, path);
}

// The adapters of a folder that is none itself. False: there are none.
static bool add_folder(TinctureWorkshop *self, const char *folder)
{
    g_autoptr(GPtrArray) files = paths_in(folder, paths_is_safetensors, NULL);
    bool any = false;
    for (guint i = 0; files && i < files->len; i++) {
        if (adapter_looks(files->pdata[i], NULL)) {
            add_one(self, files->pdata[i]);
            any = true;
        }
    }
    return any;
}

void tincture_workshop_add(TinctureWorkshop *self, const char *const *paths)
{
    for (int i = 0; paths[i]; i++) {
        g_autofree char *path = g_canonicalize_filename(paths[i], NULL);
        g_autoptr(GError) error = NULL;
        if (adapter_looks(path, &error)) {
            add_one(self, path);
        } else if (!g_file_test(path, G_FILE_TEST_IS_DIR) || !add_folder(self, path)) {
            tincture_project_say_error(self->project, _("Not an adapter"), error);
        }
    }
    keep_list(self);
    g_ptr_array_sort(self->items, by_name);
    edited(self);
}

void tincture_workshop_remove(TinctureWorkshop *self, guint item)
{
    workshop_list_remove(&self->list, ((struct workshop_item *)self->items->pdata[item])->path);
    keep_list(self);
    g_ptr_array_remove_index(self->items, item);
    edited(self);
}

// ---- what is chosen -----------------------------------------------------------------------------

void tincture_workshop_choose(TinctureWorkshop *self, guint item, bool chosen)
{
    struct workshop_item *i = self->items->pdata[item];
    if (i->chosen != chosen && !i->fault) {
        i->chosen = chosen;
        edited(self);
    }
}

void tincture_workshop_set(TinctureWorkshop *self, guint item, const char *key, double value)
{
    struct workshop_item *i = self->items->pdata[item];
    if (settings_get(i->strengths, key) != value && settings_set(i->strengths, key, value, NULL)) {
        edited(self);
    }
}

const struct workshop_item *tincture_workshop_chosen(TinctureWorkshop *self, guint n)
{
    for (guint i = 0; i < self->items->len; i++) {
        const struct workshop_item *item = self->items->pdata[i];
        if (item->chosen && n-- == 0) {
            return item;
        }
    }
    return NULL;
}

guint tincture_workshop_n_chosen(TinctureWorkshop *self)
{
    guint n = 0;
    while (tincture_workshop_chosen(self, n)) {
        n++;
    }
    return n;
}

static void add_term(GString *text, const char *place, const char *kind, double strength)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(text, ",%s%s%s=%s", place, *kind ? "." : "", kind,
                           g_ascii_formatd(number, sizeof number, "%.4g", strength));
}

// As adapter_set_strengths() takes it: a layer has the strength of all times the factors of its
// place and of its kind.
static char *strengths_text(const struct settings *s)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    const double all = settings_get(s, STRENGTH);
    GString *text = g_string_new(g_ascii_formatd(number, sizeof number, "%.4g", all));
    for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
        const double here = settings_get(s, places[p]);
        if (here != 1) {
            add_term(text, places[p], "", all * here);
        }
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            const double factor = settings_get(s, kinds[k]);
            if (factor != 1) {
                add_term(text, places[p], kinds[k], all * here * factor);
            }
        }
    }
    return g_string_free(text, FALSE);
}

// ---- what is done with it -----------------------------------------------------------------------

static bool say(TinctureWorkshop *self, const char *sentence)
{
    tincture_project_say(self->project, MESSAGE_ERROR, "%s", sentence);
    return false;
}

// What both jobs take of the chosen: their files and strengths.
static void submit(TinctureWorkshop *self, const struct job_type *type, struct job_inputs in)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GPtrArray) strengths = g_ptr_array_new_with_free_func(g_free);
    const struct workshop_item *item;
    for (guint i = 0; (item = tincture_workshop_chosen(self, i)); i++) {
        g_ptr_array_add(files, item->path);
        g_ptr_array_add(names, item->name);
        g_ptr_array_add(strengths, strengths_text(item->strengths));
    }
    g_ptr_array_add(files, NULL);
    g_ptr_array_add(names, NULL);
    g_ptr_array_add(strengths, NULL);
    in.files = (const char *const *)files->pdata;
    in.names = (const char *const *)names->pdata;
    in.strengths = (const char *const *)strengths->pdata;
    in.id = self->asked;
    tincture_queue_submit(self->queue, self->project, tincture_job_new(type, &in));
    changed(self);
}

bool tincture_workshop_measure(TinctureWorkshop *self)
{
    if (tincture_workshop_n_chosen(self) == 0) {
        return say(self, _("Choose the adapters that are to be measured first"));
    }
    if (tincture_queue_find(self->queue, self->project, &study_job)) {
        return say(self, _("The adapters are being measured already"));
    }
    submit(self, &study_job, (struct job_inputs){0});
    return true;
}

bool tincture_workshop_make(TinctureWorkshop *self, const char *name, int rank)
{
    g_autofree char *plain = plain_text(name, TEXT_NAME);
    g_strstrip(plain);
    if (!self->library->store) {
        g_autofree char *text =
            g_strdup_printf(_("%s, so nothing can be kept in it"), library_fault(self->library));
        return say(self, text);
    }
    if (tincture_workshop_n_chosen(self) == 0) {
        return say(self, _("Choose the adapters that the new one is to be made of first"));
    }
    if (!*plain || *plain == '.' || strchr(plain, G_DIR_SEPARATOR)) {
        return say(self,
                   _("The new adapter needs a name, which does not begin with a dot and has no "
                     "/ in it: it is its file's, too"));
    }
    if (tincture_queue_find(self->queue, NULL, &combine_job)) {
        return say(self, _("An adapter is being made already"));
    }
    g_autofree char *path = library_new_file(self->library, LIBRARY_MADE, plain);
    g_autofree char *title = name_of(path); // another one may have the name
    submit(self, &combine_job, (struct job_inputs){.path = path, .title = title, .rank = rank});
    return true;
}

void tincture_workshop_use(TinctureWorkshop *self, guint item)
{
    const struct workshop_item *i = self->items->pdata[item];
    if (!self->project->photo) {
        say(self, _("Open the photo first that the adapter is to be used on"));
    } else {
        library_use_adapter(self->library, i->path, i->name);
    }
}

void tincture_workshop_measured(TinctureWorkshop *self, TinctureJob *job)
{
    if (job->out.study && job->in.id == self->asked) {
        g_clear_pointer(&self->study, adapter_study_free);
        self->study = g_steal_pointer(&job->out.study);
    }
    changed(self);
}

void tincture_workshop_made(TinctureWorkshop *self, TinctureJob *job)
{
    if (!job->error) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", job->out.note);
        g_free(self->outcome);
        self->outcome = g_strdup(job->out.note);
    }
    tincture_workshop_look(self);
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_workshop_finalize(GObject *object)
{
    TinctureWorkshop *self = TINCTURE_WORKSHOP(object);
    g_ptr_array_unref(self->items);
    workshop_list_clear(&self->list);
    adapter_study_free(self->study);
    g_free(self->outcome);
    G_OBJECT_CLASS(tincture_workshop_parent_class)->finalize(object);
}

static void tincture_workshop_class_init(TinctureWorkshopClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = tincture_workshop_finalize;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", TINCTURE_TYPE_WORKSHOP, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_workshop_init(TinctureWorkshop *self)
{
    self->items = g_ptr_array_new_with_free_func(item_free);
    workshop_list_read(&self->list, NULL, NULL);
}

TinctureWorkshop *tincture_workshop_new(TinctureProject *project, TinctureQueue *queue,
                                        struct library *library)
{
    TinctureWorkshop *self = g_object_new(TINCTURE_TYPE_WORKSHOP, NULL);
    self->project = project;
    self->queue = queue;
    self->library = library;
    return self;
}
