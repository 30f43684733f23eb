#!/bin/sh
# kinds.sh TINCTURE_CLI: what people bring that is not what was asked for is named for what it is, with what takes it: files
# of weights by the names of their tensors, as the programs that make them call them; folders; what is neither weights nor
# a picture.
. "$(dirname "$0")/tap.sh"
cli=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

expect() { # STATUS WORDS COMMAND...
    status=$1 said=$2
    shift 2
    "$@" >"$dir/said" 2>&1
    [ $? = "$status" ] && grep -q -- "$said" "$dir/said"
    check $? "$said"
}

weights() { # FILE NAME...: a safetensors file with these tensors of one number
    python3 - "$@" <<'PY'
import json, struct, sys
head = {n: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, n in enumerate(sys.argv[2:])}
text = json.dumps(head).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + bytes(4 * len(head)))
PY
}

kind() { # WORDS NAME...: in `info` and where it is given as an adapter, the window's words
    words=$1
    shift
    weights "$dir/w.safetensors" "$@"
    expect 0 "kind  *$words" "$cli" info "$dir/w.safetensors"
    expect 1 "w.safetensors is $words and no adapter; " "$cli" generate --adapter "$dir/w.safetensors" --prompt a --out "$dir/o.png"
}

kind 'a ControlNet' controlnet_cond_embedding.conv_in.weight down_blocks.0.resnets.0.conv1.weight
kind 'a ControlNet' control_model.input_hint_block.0.weight
kind 'an autoencoder (VAE) alone' encoder.conv_in.weight decoder.conv_in.weight
kind 'an autoencoder (VAE) alone' first_stage_model.encoder.conv_in.weight
kind 'a text encoder alone' text_model.embeddings.token_embedding.weight
kind 'a text encoder (T5) alone' encoder.block.0.layer.0.SelfAttention.q.weight shared.weight
kind 'an upscaler' conv_first.weight body.0.rdb1.conv1.weight
kind 'an upscaler' model.0.weight model.1.sub.0.RDB1.conv1.0.weight
kind 'an IP-Adapter' image_proj.norm.weight ip_adapter.1.to_k_ip.weight
kind 'a motion module for videos' down_blocks.0.motion_modules.0.temporal_transformer.norm.weight
kind 'a Flux model' double_blocks.0.img_attn.qkv.weight
kind 'a whole model' model.diffusion_model.input_blocks.0.0.weight
kind 'a learned token (textual inversion)' emb_params
kind 'one network of a model folder' down_blocks.0.resnets.0.conv1.weight

adapter() { # FAMILY NAME...: of models that are not this program's
    words=$1
    shift
    weights "$dir/w.safetensors" "$@"
    expect 0 "kind  *an adapter for $words, which is none of" "$cli" info "$dir/w.safetensors"
    expect 1 "w.safetensors is an adapter for $words, and " "$cli" generate --adapter "$dir/w.safetensors" --prompt a --out "$dir/o.png"
}

adapter 'Stable Diffusion XL' lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight
adapter 'Flux' transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight
adapter 'Flux' double_blocks.0.processor.qkv_lora1.down.weight
adapter 'Stable Diffusion 3' lora_unet_joint_blocks_0_context_block_attn_qkv.lora_down.weight
weights "$dir/w.safetensors" lora_unet_mid_block_attentions_0_proj_in.lora_down.weight lora_unet_mid_block_attentions_0_proj_in.lora_up.weight
expect 0 'kind  *an adapter; --adapter takes it' "$cli" info "$dir/w.safetensors"

folder() { # WORDS KEY CLASS
    mkdir -p "$dir/folder"
    printf '{"%s": %s}' "$2" "$3" >"$dir/folder/config.json"
    expect 0 "kind  *$1; " "$cli" info "$dir/folder"
    expect 1 "folder is $1 and no adapter; " "$cli" generate --adapter "$dir/folder" --prompt a --out "$dir/o.png"
}

folder 'a ControlNet' _class_name '"ControlNetModel"'
folder 'an autoencoder (VAE) alone' _class_name '"AutoencoderKL"'
folder 'a text encoder alone' architectures '["CLIPTextModel"]'
folder 'a text encoder (T5) alone' architectures '["T5EncoderModel"]'

printf 'PK\003\004archive/data.pkl conv_first.weight' >"$dir/x4.pth"
expect 1 'x4.pth is an upscaler; this program enlarges no pictures' "$cli" info "$dir/x4.pth"
expect 1 'x4.pth is an upscaler; this program enlarges no pictures' "$cli" generate --adapter "$dir/x4.pth" --prompt a --out "$dir/o.png"
printf 'PK\003\004archive/data.pkl' >"$dir/other.pth"
expect 1 'other.pth is in a format that can carry programs' "$cli" info "$dir/other.pth"
printf 'GGUF\003\000\000\000' >"$dir/model.gguf"
expect 1 'model.gguf.*it is a model in GGUF form' "$cli" info "$dir/model.gguf"
printf 'PK\003\004photo.png' >"$dir/photos.zip"
expect 1 'photos.zip.*it is an archive (ZIP)' "$cli" info "$dir/photos.zip"
printf '%%PDF-1.7' >"$dir/page.pdf"
expect 1 'page.pdf.*it is a PDF document' "$cli" info "$dir/page.pdf"
printf '\032\105\337\243' >"$dir/film.webm"
expect 1 'film.webm.*it is a video' "$cli" info "$dir/film.webm"
echo "1..$n"
exit $bad
