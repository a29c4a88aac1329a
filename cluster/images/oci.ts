// Packs one container image of one layer into an OCI archive (a tar of an OCI image layout), which
// "ctr image import" takes. What is in the layer is decided elsewhere.
import { createHash } from 'node:crypto'
import { tar, type TarEntry } from './tar.ts'

export interface Image {
  /** Full names with tags, as containerd stores them: docker.io/library/redis:7.0. */
  readonly names: readonly string[]
  readonly layer: readonly TarEntry[]
  readonly config: ImageConfig
}

/** The part of the OCI image configuration that we use, with its field names. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly WorkingDir?: string
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>
}

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The archive as chunks. The same image gives the same bytes: nothing in it has a time, and the layer is
 * not compressed, because it only travels from the cache to a containerd on the same machine.
 */
export function ociArchive(image: Image): Buffer[] {
  const platform = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' }
  const layer = blob('application/vnd.oci.image.layer.v1.tar', Buffer.concat(tar(image.layer)))
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    ...platform,
    config: { Env: [searchPath], ...image.config },
    rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  })
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = jsonBlob(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: config.descriptor,
    layers: [layer.descriptor],
  })
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: image.names.map((name) => ({
      ...manifest.descriptor,
      platform,
      annotations: {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
      },
    })),
  }
  return tar([
    { kind: 'file', path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', content: JSON.stringify(index) },
    ...[layer, config, manifest].map(({ descriptor, content }): TarEntry => {
      const path = `blobs/${descriptor.digest.replace(':', '/')}`
      return { kind: 'file', path, content }
    }),
  ])
}

interface Blob {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly content: Buffer
}

function blob(mediaType: string, content: Buffer): Blob {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
  return { descriptor: { mediaType, digest, size: content.length }, content }
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  return blob(mediaType, Buffer.from(JSON.stringify(value)))
}
