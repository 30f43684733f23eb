#include "ui/core/entries.h"

#include "ui/core/plain_text.h"

G_DEFINE_FINAL_TYPE(TinctureAdapterEntry, tincture_adapter_entry, G_TYPE_OBJECT)

static void tincture_adapter_entry_finalize(GObject *object)
{
    TinctureAdapterEntry *self = TINCTURE_ADAPTER_ENTRY(object);
    g_free(self->name);
    g_free(self->method);
    g_free(self->path);
    g_free(self->file);
    g_free(self->told);
    g_free(self->caption);
    g_free(self->ways);
    G_OBJECT_CLASS(tincture_adapter_entry_parent_class)->finalize(object);
}

static void tincture_adapter_entry_class_init(TinctureAdapterEntryClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_adapter_entry_finalize;
}

static void tincture_adapter_entry_init(TinctureAdapterEntry *self)
{
}

TinctureAdapterEntry *tincture_adapter_entry_new(gint64 id, const char *name, const char *method)
{
    TinctureAdapterEntry *self = g_object_new(TINCTURE_TYPE_ADAPTER_ENTRY, NULL);
    self->id = id;
    self->name = plain_text(name, TEXT_NAME);
    self->method = g_strdup(method);
    return self;
}

G_DEFINE_FINAL_TYPE(TinctureResultEntry, tincture_result_entry, G_TYPE_OBJECT)

static void tincture_result_entry_finalize(GObject *object)
{
    TinctureResultEntry *self = TINCTURE_RESULT_ENTRY(object);
    g_free(self->prompt);
    g_free(self->recipe);
    g_free(self->difference);
    g_free(self->key);
    picture_clear(&self->thumb);
    G_OBJECT_CLASS(tincture_result_entry_parent_class)->finalize(object);
}

static void tincture_result_entry_class_init(TinctureResultEntryClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_result_entry_finalize;
}

static void tincture_result_entry_init(TinctureResultEntry *self)
{
}

TinctureResultEntry *tincture_result_entry_new(gint64 id, const char *prompt)
{
    TinctureResultEntry *self = g_object_new(TINCTURE_TYPE_RESULT_ENTRY, NULL);
    self->id = id;
    self->prompt = plain_text(prompt, TEXT_MESSAGE);
    return self;
}
