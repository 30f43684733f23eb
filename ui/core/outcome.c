#include "ui/core/outcome.h"

#include "ui/core/batch.h"

void closeup_clear(struct closeup *d)
{
    picture_clear(&d->before);
    picture_clear(&d->after);
    *d = (struct closeup){0};
}

void outcome_clear(struct outcome *o)
{
    store_close(o->store);
    g_free(o->device);
    g_free(o->model);
    photo_unref(o->photo);
    g_free(o->model_hash);
    picture_clear(&o->view);
    picture_clear(&o->thumb);
    result_unref(o->result);
    closeup_clear(&o->closeup);
    mask_unref(o->selection);
    g_clear_pointer(&o->encoded, g_bytes_unref);
    image_free(o->cut);
    g_free(o->adapter.name);
    g_free(o->adapter.method);
    g_free(o->adapter.told);
    g_free(o->adapter.ways);
    g_free(o->adapter.caption);
    adapter_study_free(o->study);
    g_strfreev(o->tokens);
    g_strfreev(o->tokens_left);
    g_free(o->control);
    batch_free(o->batch);
    g_clear_pointer(&o->models, g_ptr_array_unref);
    g_clear_pointer(&o->adapters, g_ptr_array_unref);
    g_free(o->note);
    *o = (struct outcome){0};
}
