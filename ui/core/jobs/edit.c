// The edit that a document asks for.
//
// Takes photo, document and adapters; with bytes, width, height and precision it shows the stored
// pixels of a result again instead of drawing. Ends with the result and its pictures, and shows
// rough ones on the way.
#include "compute/i18n.h"
#include "render/signed.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#define THUMB_SIDE 128

static struct edit_result *draw(TinctureJob *job, struct engine *e,
                                const struct engine_place *place, GError **error)
{
    const struct job_inputs *in = &job->in;
    if (!engine_use_adapters(e, in->adapters, &job->task, error) ||
        !editor_need_previews(e->editor, &job->task, error)) {
        return NULL;
    }
    struct edit_request q = document_request(in->document);
    struct edit_hint hint;
    if (!engine_lead(e, &in->document->lead, in->photo, &place->region, &hint, &job->task, error)) {
        return NULL;
    }
    q.hint = hint.net ? &hint : NULL;
    struct edit_result *r = engine_edit(e, in->photo, place, q, &job->task, error);
    g_free((float *)hint.picture);
    return r;
}

static struct edit_result *unpack(const struct job_inputs *in, GError **error)
{
    struct edit_result *r = g_new0(struct edit_result, 1);
    r->width = in->width;
    r->height = in->height;
    r->precision = gpu_precision_named(in->precision);
    if (signed_unpack(in->bytes, in->width, in->height, &r->rgb, &r->reconstruction)) {
        return r;
    }
    edit_result_free(r);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                _("this result is damaged in the library"));
    return NULL;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct edit_request q = document_request(in->document);
    struct engine_place place;
    if (!engine_ready(e, error) ||
        !engine_place(e, in->photo, in->document->mask, &in->document->region, &place, &job->task,
                      error)) {
        return false;
    }
    struct edit_result *edit = in->bytes ? unpack(in, error) : draw(job, e, &place, error);
    struct task quiet = {.cancellable = job->cancel}; // too short to be told of
    struct image *view = edit ? engine_restore(e, in->photo, in->photo->view, &place, &q, edit,
                                               (struct detail_params){.task = &quiet}, error)
                              : NULL;
    if (!view) {
        edit_result_free(edit);
        return false;
    }
    GBytes *pixels = in->bytes
                         ? g_bytes_ref(in->bytes)
                         : signed_pack(edit->rgb, edit->reconstruction, edit->width, edit->height);
    job->out.result = result_new(in->document, in->adapters, edit, pixels);
    job->out.view = picture_from_image(view);
    job->out.thumb = picture_shrink(view, THUMB_SIDE);
    image_free(view);
    return true;
}

const struct job_type edit_job = {
    .member = {.name = "edit",
               .title = N_("Editing"),
               .summary = N_("Draws what the words ask for")},
    .rank = JOB_LIVE,
    .failure = N_("The edit did not work"),
    .run = run,
};
