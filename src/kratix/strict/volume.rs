//! A volume, and the many things that it can be made from.

use super::Kind::{Bool, Int32, Int64, List, Map, Named, NamedMap, Quantity, String};
use super::meta::{LABEL_SELECTOR, OBJECT_META};
use super::pod::{FIELD_SELECTOR, LOCAL_OBJECT_REFERENCE, NAMED, RESOURCE_FIELD_SELECTOR};
use super::{Kind, Struct};

pub(super) static VOLUME: Struct =
    Struct::v1("Volume", &[("name", String)]).embedding(&[("VolumeSource", &VOLUME_SOURCE)]);

/// A source whose fields are named here alone.
macro_rules! source {
    ($name:literal, $($field:literal: $kind:expr),+) => {{
        static SOURCE: Struct = Struct::v1($name, &[$(($field, $kind)),+]);
        Kind::Struct(&SOURCE)
    }};
}

static VOLUME_SOURCE: Struct = Struct::v1(
    "VolumeSource",
    &[
        ("hostPath", source!("HostPathVolumeSource", "path": String, "type": Named("v1.HostPathType"))),
        (
            "emptyDir",
            source!("EmptyDirVolumeSource", "medium": Named("v1.StorageMedium"), "sizeLimit": Quantity),
        ),
        ("secret", Kind::Struct(&SECRET)),
        ("configMap", Kind::Struct(&CONFIG_MAP)),
        ("downwardAPI", Kind::Struct(&DOWNWARD_API)),
        (
            "projected",
            source!("ProjectedVolumeSource", "sources": List(&Kind::Struct(&PROJECTION)), "defaultMode": Int32),
        ),
        (
            "persistentVolumeClaim",
            source!("PersistentVolumeClaimVolumeSource", "claimName": String, "readOnly": Bool),
        ),
        ("ephemeral", source!("EphemeralVolumeSource", "volumeClaimTemplate": Kind::Struct(&CLAIM_TEMPLATE))),
        ("image", source!("ImageVolumeSource", "reference": String, "pullPolicy": Named("v1.PullPolicy"))),
        ("csi", Kind::Struct(&CSI)),
        ("nfs", source!("NFSVolumeSource", "server": String, "path": String, "readOnly": Bool)),
        ("iscsi", Kind::Struct(&ISCSI)),
        ("rbd", Kind::Struct(&RBD)),
        ("cephfs", Kind::Struct(&CEPH_FS)),
        ("scaleIO", Kind::Struct(&SCALE_IO)),
        (
            "flexVolume",
            source!("FlexVolumeSource", "driver": String, "fsType": String, "secretRef": SECRET_REF, "readOnly": Bool, "options": Map(&String)),
        ),
        (
            "cinder",
            source!("CinderVolumeSource", "volumeID": String, "fsType": String, "readOnly": Bool, "secretRef": SECRET_REF),
        ),
        (
            "storageos",
            source!("StorageOSVolumeSource", "volumeName": String, "volumeNamespace": String, "fsType": String, "readOnly": Bool, "secretRef": SECRET_REF),
        ),
        (
            "fc",
            source!("FCVolumeSource", "targetWWNs": List(&String), "lun": Int32, "fsType": String, "readOnly": Bool, "wwids": List(&String)),
        ),
        (
            "gcePersistentDisk",
            source!("GCEPersistentDiskVolumeSource", "pdName": String, "fsType": String, "partition": Int32, "readOnly": Bool),
        ),
        (
            "awsElasticBlockStore",
            source!("AWSElasticBlockStoreVolumeSource", "volumeID": String, "fsType": String, "partition": Int32, "readOnly": Bool),
        ),
        (
            "azureDisk",
            source!("AzureDiskVolumeSource", "diskName": String, "diskURI": String, "cachingMode": Named("v1.AzureDataDiskCachingMode"), "fsType": String, "readOnly": Bool, "kind": Named("v1.AzureDataDiskKind")),
        ),
        (
            "azureFile",
            source!("AzureFileVolumeSource", "secretName": String, "shareName": String, "readOnly": Bool),
        ),
        (
            "gitRepo",
            source!("GitRepoVolumeSource", "repository": String, "revision": String, "directory": String),
        ),
        (
            "glusterfs",
            source!("GlusterfsVolumeSource", "endpoints": String, "path": String, "readOnly": Bool),
        ),
        ("flocker", source!("FlockerVolumeSource", "datasetName": String, "datasetUUID": String)),
        (
            "quobyte",
            source!("QuobyteVolumeSource", "registry": String, "volume": String, "readOnly": Bool, "user": String, "group": String, "tenant": String),
        ),
        (
            "vsphereVolume",
            source!("VsphereVirtualDiskVolumeSource", "volumePath": String, "fsType": String, "storagePolicyName": String, "storagePolicyID": String),
        ),
        (
            "photonPersistentDisk",
            source!("PhotonPersistentDiskVolumeSource", "pdID": String, "fsType": String),
        ),
        (
            "portworxVolume",
            source!("PortworxVolumeSource", "volumeID": String, "fsType": String, "readOnly": Bool),
        ),
    ],
);

const SECRET_REF: Kind = Kind::Struct(&LOCAL_OBJECT_REFERENCE);

static KEY_TO_PATH: Struct = Struct::v1("KeyToPath", &[("key", String), ("path", String), ("mode", Int32)]);

static SECRET: Struct = Struct::v1(
    "SecretVolumeSource",
    &[
        ("secretName", String),
        ("items", List(&Kind::Struct(&KEY_TO_PATH))),
        ("defaultMode", Int32),
        ("optional", Bool),
    ],
);

static CONFIG_MAP: Struct = Struct::v1(
    "ConfigMapVolumeSource",
    &[("items", List(&Kind::Struct(&KEY_TO_PATH))), ("defaultMode", Int32), ("optional", Bool)],
)
.embedding(NAMED);

static DOWNWARD_API: Struct = Struct::v1(
    "DownwardAPIVolumeSource",
    &[("items", List(&Kind::Struct(&DOWNWARD_API_FILE))), ("defaultMode", Int32)],
);

static DOWNWARD_API_FILE: Struct = Struct::v1(
    "DownwardAPIVolumeFile",
    &[
        ("path", String),
        ("fieldRef", Kind::Struct(&FIELD_SELECTOR)),
        ("resourceFieldRef", Kind::Struct(&RESOURCE_FIELD_SELECTOR)),
        ("mode", Int32),
    ],
);

static PROJECTION: Struct = Struct::v1(
    "VolumeProjection",
    &[
        ("secret", Kind::Struct(&SECRET_PROJECTION)),
        ("downwardAPI", source!("DownwardAPIProjection", "items": List(&Kind::Struct(&DOWNWARD_API_FILE)))),
        ("configMap", Kind::Struct(&CONFIG_MAP_PROJECTION)),
        (
            "serviceAccountToken",
            source!("ServiceAccountTokenProjection", "audience": String, "expirationSeconds": Int64, "path": String),
        ),
        (
            "clusterTrustBundle",
            source!("ClusterTrustBundleProjection", "name": String, "signerName": String, "labelSelector": Kind::Struct(&LABEL_SELECTOR), "optional": Bool, "path": String),
        ),
        (
            "podCertificate",
            source!("PodCertificateProjection", "signerName": String, "keyType": String, "maxExpirationSeconds": Int32, "credentialBundlePath": String, "keyPath": String, "certificateChainPath": String, "userAnnotations": Map(&String)),
        ),
    ],
);

static SECRET_PROJECTION: Struct =
    Struct::v1("SecretProjection", &[("items", List(&Kind::Struct(&KEY_TO_PATH))), ("optional", Bool)])
        .embedding(NAMED);

static CONFIG_MAP_PROJECTION: Struct =
    Struct::v1("ConfigMapProjection", &[("items", List(&Kind::Struct(&KEY_TO_PATH))), ("optional", Bool)])
        .embedding(NAMED);

static CLAIM_TEMPLATE: Struct = Struct::v1(
    "PersistentVolumeClaimTemplate",
    &[("metadata", Kind::Struct(&OBJECT_META)), ("spec", Kind::Struct(&CLAIM_SPEC))],
);

static CLAIM_SPEC: Struct = Struct::v1(
    "PersistentVolumeClaimSpec",
    &[
        ("accessModes", List(&Named("v1.PersistentVolumeAccessMode"))),
        ("selector", Kind::Struct(&LABEL_SELECTOR)),
        (
            "resources",
            source!("VolumeResourceRequirements", "limits": NamedMap("v1.ResourceList", &Quantity), "requests": NamedMap("v1.ResourceList", &Quantity)),
        ),
        ("volumeName", String),
        ("storageClassName", String),
        ("volumeMode", Named("v1.PersistentVolumeMode")),
        (
            "dataSource",
            source!("TypedLocalObjectReference", "apiGroup": String, "kind": String, "name": String),
        ),
        (
            "dataSourceRef",
            source!("TypedObjectReference", "apiGroup": String, "kind": String, "name": String, "namespace": String),
        ),
        ("volumeAttributesClassName", String),
    ],
);

static CSI: Struct = Struct::v1(
    "CSIVolumeSource",
    &[
        ("driver", String),
        ("readOnly", Bool),
        ("fsType", String),
        ("volumeAttributes", Map(&String)),
        ("nodePublishSecretRef", SECRET_REF),
    ],
);

static ISCSI: Struct = Struct::v1(
    "ISCSIVolumeSource",
    &[
        ("targetPortal", String),
        ("iqn", String),
        ("lun", Int32),
        ("iscsiInterface", String),
        ("fsType", String),
        ("readOnly", Bool),
        ("portals", List(&String)),
        ("chapAuthDiscovery", Bool),
        ("chapAuthSession", Bool),
        ("secretRef", SECRET_REF),
        ("initiatorName", String),
    ],
);

static RBD: Struct = Struct::v1(
    "RBDVolumeSource",
    &[
        ("monitors", List(&String)),
        ("image", String),
        ("fsType", String),
        ("pool", String),
        ("user", String),
        ("keyring", String),
        ("secretRef", SECRET_REF),
        ("readOnly", Bool),
    ],
);

static CEPH_FS: Struct = Struct::v1(
    "CephFSVolumeSource",
    &[
        ("monitors", List(&String)),
        ("path", String),
        ("user", String),
        ("secretFile", String),
        ("secretRef", SECRET_REF),
        ("readOnly", Bool),
    ],
);

static SCALE_IO: Struct = Struct::v1(
    "ScaleIOVolumeSource",
    &[
        ("gateway", String),
        ("system", String),
        ("secretRef", SECRET_REF),
        ("sslEnabled", Bool),
        ("protectionDomain", String),
        ("storagePool", String),
        ("storageMode", String),
        ("volumeName", String),
        ("fsType", String),
        ("readOnly", Bool),
    ],
);
