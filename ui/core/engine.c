#include "ui/core/engine.h"

#include "compute/adapter/group.h"
#include "compute/edit/align.h"
#include "compute/edit/named_color.h"
#include "compute/edit/select.h"
#include "compute/gpu/fft.h"
#include "compute/i18n.h"
#include "compute/model/embedding.h"
#include "render/filter.h"
#include "render/resample.h"
#include "render/signed.h"

#include <string.h>

enum {
    ROOM = 4,       // one part of so many of the free memory may go into further editors ...
    DESKS_MOST = 4, // ... of which this is the most, with the one at hand
};

const char engine_apart;

// ---- what the model sees ------------------------------------------------------------------------

// A part of a photo at the model's size, kept because a live edit comes back to it.
struct sight {
    struct photo *photo;
    struct image_region region;
    int width, height;
    float *rgb;
};

static void sight_free(struct sight *s)
{
    if (s) {
        photo_unref(s->photo);
        g_free(s->rgb);
        g_free(s);
    }
}

static bool shows_all(const struct photo *p, const struct image_region *region)
{
    const struct image_region whole = {0, 0, p->full->width, p->full->height};
    return image_region_equal(region, &whole);
}

bool engine_see(struct engine *e, const struct photo *p, const struct image_region *region,
                const float **rgb, int *width, int *height, GError **error)
{
    if (shows_all(p, region)) {
        *rgb = p->rgb;
        *width = p->small->width;
        *height = p->small->height;
        return true;
    }
    struct sight *s = e->sight;
    if (!s || s->photo != p || !image_region_equal(&s->region, region)) {
        sight_free(s);
        s = e->sight = g_new0(struct sight, 1);
        s->photo = photo_ref((struct photo *)p);
        s->region = *region;
        s->rgb = photo_see(p, region, &s->width, &s->height, error);
        if (!s->rgb) {
            g_clear_pointer(&e->sight, sight_free);
            return false;
        }
    }
    *rgb = s->rgb;
    *width = s->width;
    *height = s->height;
    return true;
}

// ---- life ---------------------------------------------------------------------------------------

// What is kept of work that is not at hand.
struct desk {
    gconstpointer owner;
    struct editor *editor;
    struct sight *sight;
    struct photo *painted;
    struct mask_painter *painter;
};

static void desk_free(void *data)
{
    struct desk *d = data;
    mask_painter_free(d->painter);
    photo_unref(d->painted);
    sight_free(d->sight);
    editor_free(d->editor);
    g_free(d);
}

static void init(struct engine *e, GAsyncQueue *gone)
{
    *e = (struct engine){
        .gone = gone,
        .desks = g_ptr_array_new_with_free_func(desk_free),
        .adapters =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)adapter_free),
        .in_use = g_ptr_array_new(),
        .controls = engine_controls_new(),
        .tokens = engine_tokens_new(),
    };
}

static void finish(struct engine *e)
{
    mask_painter_free(e->painter);
    photo_unref(e->painted);
    sight_free(e->sight);
    engine_drop_learning(e);
    g_ptr_array_unref(e->desks);
    editor_free(e->editor);
    g_ptr_array_unref(e->in_use);
    g_hash_table_unref(e->controls); // before the model that they borrow
    g_hash_table_unref(e->adapters);
    g_hash_table_unref(e->tokens);
    model_free(e->model);
    fft_free(e->fft);
    gpu_free(e->gpu);
    g_free(e->own_controls);
    g_free(e->failure);
}

struct engine *engine_new(void)
{
    struct engine *e = g_new(struct engine, 1);
    init(e, g_async_queue_new());
    return e;
}

// Another editor takes as much as the model where all weights are merged, beside what programs and
// a training do.
static guint count_desks(const struct engine *e)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < e->model->parts->len; i++) {
        const struct nn_part *part = e->model->parts->pdata[i];
        for (guint k = 0; k < part->weights->len; k++) {
            const struct nn_weight *w = part->weights->pdata[k];
            bytes += shape_bytes(w->shape, DTYPE_F32);
        }
    }
    const uint64_t more = gpu_memory_free(e->gpu) / ROOM / MAX(bytes, 1);
    return 1 + (guint)MIN(more, DESKS_MOST - 1);
}

// ---- turns --------------------------------------------------------------------------------------

static void put_aside(struct engine *e)
{
    struct desk *d = g_new(struct desk, 1);
    *d = (struct desk){e->owner, e->editor, e->sight, e->painted, e->painter};
    g_ptr_array_insert(e->desks, 0, d);
}

static void take(struct engine *e, guint i)
{
    struct desk *d = g_ptr_array_steal_index(e->desks, i);
    e->editor = d->editor;
    e->sight = d->sight;
    e->painted = d->painted;
    e->painter = d->painter;
    g_free(d);
}

static guint desk_of(const struct engine *e, gconstpointer owner)
{
    guint i = 0;
    while (i < e->desks->len && ((const struct desk *)e->desks->pdata[i])->owner != owner) {
        i++;
    }
    return i;
}

// Who comes next finds nothing of it that is of use: only its photo would be kept for nobody.
static void clear_sights(struct engine *e)
{
    g_clear_pointer(&e->sight, sight_free);
    g_clear_pointer(&e->painter, mask_painter_free);
    g_clear_pointer(&e->painted, photo_unref);
}

static void forget_gone(struct engine *e)
{
    gconstpointer owner;
    while ((owner = g_async_queue_try_pop(e->gone))) {
        const guint i = desk_of(e, owner);
        if (i < e->desks->len) {
            g_ptr_array_remove_index(e->desks, i);
        }
        if (e->owner == owner) {
            e->owner = NULL;
            clear_sights(e);
        }
    }
}

static void begin_desk(struct engine *e)
{
    struct editor *editor =
        e->desks->len < e->desks_most ? editor_new(e->model, NULL) : NULL; // another will do
    if (editor) {
        e->editor = editor;
        e->sight = NULL;
        e->painted = NULL;
        e->painter = NULL;
    } else {
        take(e, e->desks->len - 1);
    }
}

void engine_turn(struct engine *e, gconstpointer owner)
{
    forget_gone(e);
    if (!owner || owner == e->owner || !e->editor) {
        return;
    }
    if (e->owner) {
        const guint i = desk_of(e, owner);
        put_aside(e);
        if (i < e->desks->len - 1) {
            take(e, i + 1);
        } else {
            begin_desk(e);
        }
    }
    e->owner = owner;
}

void engine_forget(struct engine *e, gconstpointer owner)
{
    g_async_queue_push(e->gone, (gpointer)owner);
}

// ---- the model ----------------------------------------------------------------------------------

bool engine_load(struct engine *e, const char *model, const char *vae, const char *device,
                 const char *precision, struct task *task, GError **error)
{
    g_autoptr(GError) failure = NULL;
    finish(e);
    init(e, e->gone);
    e->gpu = gpu_open(device, &failure);
    const bool set = e->gpu && gpu_set_precision(e->gpu, precision, &failure);
    e->model = set ? model_load_with(model, vae, e->gpu, task, &failure) : NULL;
    e->editor = e->model ? editor_new(e->model, &failure) : NULL;
    e->desks_most = e->editor ? count_desks(e) : 1;
    if (failure) { // what follows cannot work, and says why
        e->failure = g_strdup(failure->message);
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    return e->editor != NULL;
}

struct engine *engine_open(const char *model, const char *vae, const char *device,
                           const char *precision, struct task *task, GError **error)
{
    struct engine *e = engine_new();
    if (!engine_load(e, model, vae, device, precision, task, error)) {
        engine_free(e);
        return NULL;
    }
    return e;
}

void engine_free(struct engine *e)
{
    if (e) {
        finish(e);
        g_async_queue_unref(e->gone);
        g_free(e);
    }
}

bool engine_ready(const struct engine *e, GError **error)
{
    if (!e->editor) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    _("the model could not be loaded (%s)"), e->failure ? e->failure : "stopped");
    }
    return e->editor != NULL;
}

// ---- adapters -----------------------------------------------------------------------------------

static void use_clear(void *data)
{
    g_free(((struct engine_adapter *)data)->path);
}

GArray *engine_adapters_new(void)
{
    GArray *uses = g_array_new(FALSE, TRUE, sizeof(struct engine_adapter));
    g_array_set_clear_func(uses, use_clear);
    return uses;
}

struct adapter *engine_adapter(struct engine *e, const char *path, GError **error)
{
    struct adapter *a = g_hash_table_lookup(e->adapters, path);
    if (!a && (a = adapter_load(path, e->model, error))) {
        g_hash_table_insert(e->adapters, g_strdup(path), a);
    }
    return a;
}

GPtrArray *engine_adapters_at(struct engine *e, const char *const *files, const char *const *names,
                              const char *const *strengths, struct task *task, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)adapter_free);
    if (!engine_ready(e, error)) {
        return NULL;
    }
    for (int i = 0; files[i]; i++) {
        struct adapter *a =
            task_cancelled(task, error) ? NULL : adapter_load(files[i], e->model, error);
        if (!a) {
            return NULL;
        }
        g_ptr_array_add(list, a);
        g_free(a->name);
        a->name = g_strdup(names[i]);
        if (!adapter_set_strengths(a, strengths[i], error)) {
            g_prefix_error(error, "%s: ", a->name);
            return NULL;
        }
    }
    return g_steal_pointer(&list);
}

void engine_adapter_forget(struct engine *e, const char *path)
{
    g_ptr_array_set_size(e->in_use, 0);
    g_hash_table_remove(e->adapters, path);
}

void engine_adapter_put(struct engine *e, const char *path, struct adapter *adapter)
{
    g_ptr_array_set_size(e->in_use, 0);
    g_hash_table_insert(e->adapters, g_strdup(path), adapter);
}

bool engine_use(struct engine *e, struct adapter *const *list, int n, struct task *task,
                GError **error)
{
    g_ptr_array_set_size(e->in_use, 0);
    for (int i = 0; i < n; i++) {
        g_ptr_array_add(e->in_use, list[i]);
    }
    return editor_set_adapters(e->editor, list, n, task, error);
}

static void use_as(struct adapter *a, const struct engine_adapter *use)
{
    a->scale = use->scale;
    a->enabled = use->enabled;
    a->from = use->from;
    a->to = use->to;
}

bool engine_use_adapters(struct engine *e, const GArray *uses, struct task *task, GError **error)
{
    g_autofree struct adapter **list = g_new0(struct adapter *, uses->len + 1);
    for (guint i = 0; i < uses->len; i++) {
        const struct engine_adapter *use = &g_array_index(uses, struct engine_adapter, i);
        if (!(list[i] = engine_adapter(e, use->path, error))) {
            return false;
        }
        use_as(list[i], use);
    }
    return engine_use(e, list, (int)uses->len, task, error);
}

// ---- what it does -------------------------------------------------------------------------------

struct photo *engine_photo(struct engine *e, struct image *full, int side, int view_side,
                           GError **error)
{
    const struct model *m = e->model;
    return photo_new(full, side ? side : model_default_size(m), model_latent_factor(m), view_side,
                     error);
}

static bool covers_nothing(const struct raster *mask, const struct image_region *r)
{
    for (int y = r->y; y < r->y + r->height; y++) {
        const uint8_t *row = mask->values + (size_t)y * mask->width + r->x;
        for (int x = 0; x < r->width; x++) {
            if (row[x]) {
                return false;
            }
        }
    }
    return true;
}

struct engine_place engine_place_whole(const struct photo *p)
{
    return (struct engine_place){.region = {0, 0, p->full->width, p->full->height}};
}

bool engine_place_raster(const struct photo *p, const struct raster *mask,
                         const struct image_region *region, struct engine_place *place,
                         GError **error)
{
    *place = engine_place_whole(p);
    place->mask = mask;
    if (region->width) {
        if (!photo_check_region(p, region, error)) {
            return false;
        }
        place->region = *region;
    }
    if (mask && covers_nothing(mask, &place->region)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    region->width
                        ? _("the mask covers nothing of the region, so no edit would show")
                        : _("the mask covers nothing of the photo, so no edit would show"));
        return false;
    }
    return true;
}

bool engine_place(struct engine *e, const struct photo *p, const struct mask *mask,
                  const struct image_region *region, struct engine_place *place, struct task *task,
                  GError **error)
{
    if (!mask) {
        return engine_place_raster(p, NULL, region, place, error);
    }
    if (e->painted != p) {
        g_clear_pointer(&e->painter, mask_painter_free);
        g_clear_pointer(&e->painted, photo_unref);
        if (!(e->painter = mask_painter_new(p->full, error))) {
            return false;
        }
        e->painted = photo_ref((struct photo *)p);
    }
    return mask_painter_show(e->painter, mask, NULL, task, error) &&
           engine_place_raster(p, mask_painter_raster(e->painter), region, place, error);
}

// Where the model may draw, at its size, newly allocated: wholly wherever the mask lets anything
// show, as the return lets through what the mask says, once. A share of every step would be hardly
// any of the edit. It reaches one latent farther than what will show: each pixel near the border
// depends on latents on both sides, and where those outside stay the photo's, its old colour comes
// back as a rim.
static float *mask_for_model(const struct engine *e, const struct engine_place *place, int width,
                             int height)
{
    float *mask = g_new(float, (gsize)width *height);
    raster_resize(place->mask, &place->region, width, height, mask);
    filter_maximum(mask, width, height, model_latent_factor(e->model));
    for (int i = 0; i < width * height; i++) {
        mask[i] = mask[i] > 0;
    }
    return mask;
}

struct edit_result *engine_edit(struct engine *e, const struct photo *p,
                                const struct engine_place *place, struct edit_request request,
                                struct task *task, GError **error)
{
    if (!engine_see(e, p, &place->region, &request.rgb, &request.width, &request.height, error)) {
        return NULL;
    }
    g_autofree float *mask =
        place->mask ? mask_for_model(e, place, request.width, request.height) : NULL;
    request.mask = mask;
    return engine_run_led(e, request, task, error);
}

static int scaled(int value, int from, int to)
{
    return (int)(((gint64)value * to + from / 2) / from);
}

struct image_region engine_region_on(const struct photo *p, const struct image *base,
                                     const struct image_region *r)
{
    const int w = p->full->width, h = p->full->height;
    const int x = MIN(scaled(r->x, w, base->width), base->width - 1);
    const int y = MIN(scaled(r->y, h, base->height), base->height - 1);
    return (struct image_region){x, y, MAX(scaled(r->x + r->width, w, base->width) - x, 1),
                                 MAX(scaled(r->y + r->height, h, base->height) - y, 1)};
}

// The mask in the size of base, newly made.
static struct raster *mask_on(const struct raster *mask, const struct image *base, GError **error)
{
    struct raster *small = raster_new(base->width, base->height, error);
    const struct image_region whole = {0, 0, mask->width, mask->height};
    const gsize count = (gsize)base->width * base->height;
    if (!small) {
        return NULL;
    }
    g_autofree float *values = g_new(float, count);
    raster_resize(mask, &whole, base->width, base->height, values);
    for (gsize i = 0; i < count; i++) {
        small->values[i] = (uint8_t)image_quantize(values[i], 255.0f);
    }
    return small;
}

static struct detail *open_detail(struct engine *e, const struct image *base,
                                  const struct edit_result *r, const struct detail_params *params,
                                  GError **error)
{
    struct image *edit = image_from_signed(r->rgb, r->width, r->height, error);
    struct image *before =
        edit ? image_from_signed(r->reconstruction, r->width, r->height, error) : NULL;
    struct detail *detail = NULL;
    if (before) {
        struct transform transform = transform_device(e->fft);
        detail = detail_new(base, before, edit, &transform, params);
    }
    image_free(before);
    image_free(edit);
    return detail;
}

// An edit that keeps every shape puts nothing new anywhere.
static bool keeps_shapes(const struct settings *s)
{
    return settings_find(s, "keep_shape", NULL) && settings_get(s, "keep_shape") >= 1;
}

// What takes part in a change of colour: over that it may go on. mask: of base's size, or NULL.
// (height, width) of the result, newly allocated; NULL: over everything.
static float *surface_of(const struct edit_request *q, const struct edit_result *r,
                         const struct image *base, const struct raster *mask,
                         const struct image_region *placed)
{
    const int count = r->width * r->height;
    const float amount = (float)settings_get(q->settings, "named_color");
    g_autofree float *photo = g_new(float, 3 * count);
    g_autofree float *inside = mask ? g_new(float, count) : NULL;
    if (amount <= 0) {
        return NULL;
    }
    if (mask) {
        raster_resize(mask, placed, r->width, r->height, inside);
    }
    resample_part(base, placed, photo, r->width, r->height);
    for (int i = 0; i < 3 * count; i++) {
        photo[i] = 2 * photo[i] - 1;
    }
    float *takes = edit_takes_part(q, r->rgb, r->reconstruction, photo, inside, count);
    for (int i = 0; takes && i < count; i++) {
        takes[i] = 1 - amount * (1 - takes[i]);
    }
    return takes;
}

// Whether the sentences speak of another light, weather or place, and of no other colour or shape.
static bool changes_light(const struct edit_request *q)
{
    const struct color_word *was;
    return keeps_shapes(q->settings) && !subject_color(q->source_prompt, q->prompt, &was);
}

// How far the edit is one to black, white or gray.
static float neutral(const struct edit_request *q)
{
    const struct color_word *was, *is = subject_color(q->source_prompt, q->prompt, &was);

    return is && is->reach <= 0 ? (float)settings_get(q->settings, "named_color") : 0;
}

// The return to base as the request asks for it; mask is of base's size, or NULL.
static struct detail *detail_for(struct engine *e, const struct photo *p, const struct image *base,
                                 const struct engine_place *place, const struct raster *mask,
                                 const struct edit_request *request, const struct edit_result *r,
                                 struct detail_params params, GError **error)
{
    const struct image_region placed = engine_region_on(p, base, &place->region);
    const struct settings *settings = request->settings;
    g_autofree float *surface = surface_of(request, r, base, mask, &placed);
    if (!e->fft && !(e->fft = fft_open(e->gpu, error))) {
        return NULL;
    }
    params.placed = shows_all(p, &place->region) ? NULL : &placed;
    params.mask = mask;
    params.change.keeps_shapes = keeps_shapes(settings);
    params.spread = (float)settings_get(settings, "spread");
    params.light = changes_light(request);
    params.surface = surface;
    params.change.shading = (float)settings_get(settings, "shading");
    params.change.neutral = neutral(request);
    params.seam = (enum detail_seam)settings_int(settings, "seam");
    return open_detail(e, base, r, &params, error);
}

struct image *engine_restore(struct engine *e, const struct photo *p, const struct image *base,
                             const struct engine_place *place, const struct edit_request *request,
                             const struct edit_result *r, struct detail_params params,
                             GError **error)
{
    const struct raster *mask = place->mask;
    struct raster *small = NULL;
    if (mask && base->width != p->full->width && !(mask = small = mask_on(mask, base, error))) {
        return NULL;
    }
    struct detail *detail = detail_for(e, p, base, place, mask, request, r, params, error);
    struct image *result = NULL;
    if (detail) {
        const struct image_rows rows = detail_rows(detail);
        result = image_rows_gather(&rows, error);
    }
    detail_free(detail);
    raster_free(small);
    return result;
}

struct detail *engine_detail(struct engine *e, const struct photo *p,
                             const struct engine_place *place, const struct edit_request *request,
                             const struct edit_result *r, struct task *task, GError **error)
{
    return detail_for(e, p, p->full, place, place->mask, request, r,
                      (struct detail_params){.task = task}, error);
}

// ---- the recipe ---------------------------------------------------------------------------------

// A value of the comma-separated line; quoted where a reader would split it.
static void append_value(GString *out, const char *key, const char *value)
{
    g_string_append_printf(out, "%s%s: ", out->len && out->str[out->len - 1] != '\n' ? ", " : "",
                           key);
    if (strpbrk(value, ",:\n\"")) {
        char letters[129] = {0}; // of all scripts: only ASCII is escaped
        for (int i = 0; i < 128; i++) {
            letters[i] = (char)(128 + i);
        }
        g_autofree char *escaped = g_strescape(value, letters);
        g_string_append_printf(out, "\"%s\"", escaped);
    } else {
        g_string_append(out, value);
    }
}

// "dog 1.4, red 0.5"
static void append_weights(GString *out, const struct word_weight *weights)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (; weights && weights->words; weights++) {
        char factor[G_ASCII_DTOSTR_BUF_SIZE];
        g_autofree char *words = words_alone(weights->words);
        g_ascii_formatd(factor, sizeof factor, "%g", weights->factor);
        g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", words, factor);
    }
    if (text->len) {
        append_value(out, "Word weights", text->str);
    }
}

// Those that its sentences hold: "<toy>, <style>"
static void append_tokens(GString *out, const struct edit_request *request, const struct model *m)
{
    const char *const texts[] = {request->prompt, request->source_prompt, request->negative};
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i] ? model_embedded(m, texts[i], tokens) : NULL);
    }
    g_ptr_array_add(tokens, NULL);
    g_autofree char *names = g_strjoinv(", ", (char **)tokens->pdata);
    if (*names) {
        append_value(out, "Embeddings", names);
    }
}

// What is not the whole photo, of width x height.
static void append_place(GString *out, const struct engine_place *place, int width, int height)
{
    const struct image_region *r = &place->region;
    if (r->width != width || r->height != height) {
        g_autofree char *region =
            g_strdup_printf("%dx%d+%d+%d", r->width, r->height, r->x, r->y); // as X11 has it
        append_value(out, "Region", region);
    }
    if (place->mask) {
        char percent[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(percent, sizeof percent, "%.1f", 100.0 * raster_mean(place->mask));
        g_autofree char *masked = g_strconcat(percent, " %", NULL);
        append_value(out, "Masked", masked);
    }
}

char *engine_recipe(const struct edit_request *request, const struct engine_place *place,
                    const struct model *m, struct adapter *const *adapters, int n,
                    const struct engine_made *made)
{
    GString *out = g_string_new(request->prompt);
    g_string_append_c(out, '\n');
    if (request->negative && *request->negative) {
        g_string_append_printf(out, "Negative prompt: %s\n", request->negative);
    }
    g_autofree char *size = g_strdup_printf("%dx%d", made->width, made->height);
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, request->seed);
    g_autofree char *settings = settings_recipe(request->settings);
    g_string_append(out, settings);
    append_value(out, "Seed", seed);
    append_value(out, "Size", size);
    append_value(out, "Model", m->name);
    if (made->precision) {
        append_value(out, "Precision", made->precision);
    }
    if (request->source_prompt && *request->source_prompt) {
        append_value(out, "Source prompt", request->source_prompt);
    }
    append_weights(out, request->weights);
    if (place) {
        append_place(out, place, made->width, made->height);
    }
    append_tokens(out, request, m);
    if (request->hint) {
        char strength[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(strength, sizeof strength, "%g", request->hint->strength);
        g_autofree char *control = g_strjoin(" ", request->hint->net->name, strength, NULL);
        append_value(out, "Control", control);
    }
    for (int i = 0; i < n; i++) {
        if (adapters[i]->enabled) {
            g_autofree char *key = i ? g_strdup_printf("Adapter %d", i + 1) : g_strdup("Adapter");
            g_autofree char *strength = adapter_strength_text(adapters[i]);
            g_autofree char *value =
                g_strjoin(" ", adapters[i]->name ? adapters[i]->name : "unnamed",
                          adapters[i]->method->name, strength, NULL);
            append_value(out, key, value);
        }
    }
    append_value(out, "Version", "Tincture");
    return g_string_free(out, FALSE);
}

char *engine_recipe_with(struct engine *e, const struct edit_request *request,
                         const struct engine_place *place, const GArray *uses,
                         const struct engine_made *made)
{
    g_autofree struct adapter **list = g_new0(struct adapter *, uses->len + 1);
    int n = 0;
    for (guint i = 0; i < uses->len; i++) {
        const struct engine_adapter *use = &g_array_index(uses, struct engine_adapter, i);
        struct adapter *a = engine_adapter(e, use->path, NULL);
        if (a) {
            use_as(a, use);
            list[n++] = a;
        }
    }
    return engine_recipe(request, place, e->model, list, n, made);
}
