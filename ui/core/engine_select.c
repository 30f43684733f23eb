// What of a photo is selected, and what part of it an edit is about.
#include "compute/edit/select.h"
#include "compute/i18n.h"
#include "compute/model/defaults.h"
#include "ui/core/engine.h"
#include "ui/core/selection.h"

// ---- a selection --------------------------------------------------------------------------------

// The model's map of the word, together with what the picture and the sentence say.
static float *word_map(struct engine *e, const struct edit_request *q, const char *word,
                       struct task *task, GError **error)
{
    double trust = SELECTION_TRUST;
    if (!model_default(e->model->path, "select", "trust", &trust, error)) {
        return NULL;
    }
    float *map = editor_select_word(e->editor, q, word, task, error);
    if (map) {
        selection_weigh(map, q->rgb, q->width, q->height, q->source_prompt, word, trust);
    }
    return map;
}

static float *select_map(struct engine *e, const struct edit_request *q,
                         const struct image_region *r, const struct engine_choice *choice,
                         struct task *task, GError **error)
{
    const double x = (choice->x - r->x) / r->width, y = (choice->y - r->y) / r->height;
    if (choice->word) {
        return word_map(e, q, choice->word, task, error);
    }
    if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("that place is outside of the part that is edited"));
        return NULL;
    }
    return editor_select_point(e->editor, q, x, y, task, error);
}

struct mask *engine_select(struct engine *e, const struct photo *p,
                           const struct image_region *region, struct edit_request request,
                           const struct engine_choice *choice, struct task *task, GError **error)
{
    struct engine_place place;
    if (!engine_place_raster(p, NULL, region, &place, error) ||
        !engine_see(e, p, &place.region, &request.rgb, &request.width, &request.height, error)) {
        return NULL;
    }
    const gsize count = (gsize)request.width * request.height;
    g_autofree float *map = select_map(e, &request, &place.region, choice, task, error);
    if (!map) {
        return NULL;
    }
    g_autofree uint8_t *bytes = g_new(uint8_t, count);
    for (gsize i = 0; i < count; i++) {
        bytes[i] = (uint8_t)image_quantize(map[i], 255.0f);
    }
    const struct mask_step step = {.kind = MASK_SELECTION,
                                   .erase = choice->erase,
                                   .map = bytes,
                                   .map_width = request.width,
                                   .map_height = request.height,
                                   .placed = place.region,
                                   .label = choice->word};
    return mask_with(NULL, &step);
}

// ---- a part of the photo ------------------------------------------------------------------------

static int scaled(int value, int from, int to)
{
    return (int)(((gint64)value * to + from / 2) / from);
}

// A frame of the model's picture in pixels of the photo, and not smaller than a part may be.
static struct image_region frame_on_photo(const struct photo *p, const struct image_region *f)
{
    const int w = p->full->width, h = p->full->height;
    const int least_w = MIN(PHOTO_MIN_REGION, w), least_h = MIN(PHOTO_MIN_REGION, h);
    const int x = MIN(scaled(f->x, p->small->width, w), w - least_w);
    const int y = MIN(scaled(f->y, p->small->height, h), h - least_h);
    const int right = MIN(scaled(f->x + f->width, p->small->width, w), w);
    const int bottom = MIN(scaled(f->y + f->height, p->small->height, h), h);
    return (struct image_region){x, y, MAX(right - x, least_w), MAX(bottom - y, least_h)};
}

static struct image_region frame_of_mask(const struct photo *p, const struct raster *mask)
{
    const struct image_region box = raster_box(mask);
    return box.width ? selection_frame_around(&box, p->side, p->side, mask->width, mask->height)
                     : (struct image_region){0, 0, mask->width, mask->height};
}

bool engine_suggest_region(struct engine *e, const struct photo *p, const struct raster *mask,
                           struct edit_request request, struct image_region *region,
                           struct task *task, GError **error)
{
    g_autofree char *subject = subject_of_edit(request.source_prompt, request.prompt);
    *region = engine_place_whole(p).region;
    if (mask) {
        *region = frame_of_mask(p, mask);
        return true;
    }
    if (!subject) {
        return true;
    }
    request.rgb = p->rgb;
    request.width = p->small->width;
    request.height = p->small->height;
    g_autofree float *map = word_map(e, &request, subject, task, error);
    if (!map) {
        return false;
    }
    const struct image_region frame = selection_frame(map, request.width, request.height);
    *region = frame_on_photo(p, &frame);
    return true;
}
